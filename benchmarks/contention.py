"""What a machine that does something else costs us: CPU seconds and seconds an image beside busy processes.

    python benchmarks/contention.py DATA [--tasks rgb rgbd onboard cameras] [--busy 0 1 2 4 8] [--threads 2]

DATA holds `lmo_frame`, `desk` and `photos/temple`. Each task is a command in a process of its own, with all
that it makes at first use. "fair" is what it takes with the share of the cores that its threads are of all
threads that want to run; twice that is as slow as we allow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

DESK_IMAGES = 4
PROGRAMS = {name: ("-c", f"from {name}.cli import main; main()") for name in ("objpose", "bop_eval")}


@dataclass(frozen=True)
class Task:
    """A command, how many images (or objects) it works on, and one that makes ready for it, not measured."""

    command: tuple[str, ...]
    images: int
    before: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Cost:
    """Seconds an image."""

    cpu: float
    wall: float

    def fair(self, busy: int) -> float:
        """Seconds beside so many processes of a task that costs this alone, if the cores are shared alike."""
        wanted = max(1.0, self.cpu / self.wall)
        return self.wall * max(1.0, (wanted + busy) / (os.cpu_count() or 1))


def main(arguments: list[str] | None = None) -> dict[str, dict[int, Cost]]:
    options = parse_options(arguments)
    costs: dict[str, dict[int, Cost]] = {}
    print(f"{'':8s}  busy   CPU s   of alone   wall s   of fair", flush=True)
    for name in options.tasks:
        costs[name] = {}
        for busy in tqdm(options.busy, name, disable=None, leave=False):
            costs[name][busy] = cost = measured(name, options.data, busy, options.threads)
            alone = costs[name][options.busy[0]]
            print(
                f"{name:8s} {busy:5d} {cost.cpu:7.2f} {cost.cpu / alone.cpu:10.2f} {cost.wall:8.2f}"
                f" {cost.wall / alone.fair(busy):9.2f}",
                flush=True,
            )
    return costs


def parse_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2, 4, 8], help="the first is 'alone'")
    parser.add_argument("--threads", type=int, help="OMP_NUM_THREADS.  [default: as it is]")
    return parser.parse_args(arguments)


def rgb(data: Path, out: Path) -> Task:
    """Two objects, whose templates and splats are made on the way."""
    return Task(_bop_run(data / "lmo_frame", "rgb", out), images=1)


def rgbd(data: Path, out: Path) -> Task:
    """A few images of many objects, which are onboarded before."""
    small = out / "desk"
    small.mkdir()
    targets = "test_targets_bop19.json"
    for path in (data / "desk").iterdir():
        if path.name != targets:
            (small / path.name).symlink_to(path.resolve())
    every = json.loads((data / "desk" / targets).read_text())
    images = sorted({(one["scene_id"], one["im_id"]) for one in every})[:: max(1, 30 // DESK_IMAGES)]
    chosen = [one for one in every if (one["scene_id"], one["im_id"]) in images[:DESK_IMAGES]]
    (small / targets).write_text(json.dumps(chosen))
    command = _bop_run(small, "rgbd", out)
    return Task(command, images=DESK_IMAGES, before=command)


def onboard(data: Path, out: Path) -> Task:
    mesh = data / "lmo_frame" / "models" / "obj_000005.ply"
    return Task((*PROGRAMS["objpose"], "onboard", str(mesh), "--units", "mm", "--out", str(out)), images=1)


def cameras(data: Path, out: Path) -> Task:
    photos = data / "photos" / "temple"
    command = (*PROGRAMS["objpose"], "cameras", str(photos), "--out", str(out / "cameras"))
    return Task(command, images=len(list(photos.glob("*.[jp][pn]g"))))


TASKS = {"rgb": rgb, "rgbd": rgbd, "onboard": onboard, "cameras": cameras}


def _bop_run(dataset: Path, method: str, out: Path) -> tuple[str, ...]:
    detections, results = dataset / "detections.json", out / f"{method}_{dataset.name}-test.csv"
    places = ("--detections", str(detections), "--out", str(results), "--templates", str(out / "templates"))
    return (*PROGRAMS["bop_eval"], "run", str(dataset), "--method", method, *places)


def measured(name: str, data: Path, busy: int, threads: int | None) -> Cost:
    """The cost of a task from nothing, beside so many processes that never sleep."""
    with tempfile.TemporaryDirectory() as folder:
        task = TASKS[name](data, Path(folder))
        if task.before is not None:
            run(task.before, threads)
        with busy_processes(busy):
            cost = run(task.command, threads)
    return Cost(cost.cpu / task.images, cost.wall / task.images)


def run(command: tuple[str, ...], threads: int | None) -> Cost:
    environment = os.environ | ({} if threads is None else {"OMP_NUM_THREADS": str(threads)})
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}\n{errors}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start)


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    spin = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(spin) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
