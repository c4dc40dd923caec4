"""What a BOP run on Ray costs, and whether it survives: images a minute, CPU seconds, memory, a kill.

    python benchmarks/bop_set_at_scale.py SET --images 75
    python benchmarks/bop_at_scale.py SET OUT --workers 2 --kill-after 5

`bop-eval run` is killed (SIGKILL, its workers left to themselves) once so many images are in its journal, and
goes on with --resume; then no target may be in the result file twice. Memory is the resident set of all
processes of the run together, what they share counted in each; CPU seconds are those of the workers while
images are done. Needs psutil besides ray.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from objpose.io import read_bop_table

LOOK = 2.0  # seconds between two looks at the processes


@dataclass
class Seen:
    """What was seen of a run."""

    peak_mb: float = 0.0
    driver_mb: float = 0.0
    worker_mb: float = 0.0
    marks: list[tuple[float, int, float]] = field(default_factory=list)  # seconds, images done, CPU seconds
    spent: dict[int, float] = field(default_factory=dict)  # CPU seconds of each worker, ended ones too

    def look(self, process: psutil.Process, done: int) -> None:
        family = [process, *process.children(recursive=True)]
        sizes = {}
        for one in family:
            try:
                sizes[one.pid] = one.memory_info().rss / 2**20
                if any("ray::_Worker" in part for part in one.cmdline()):
                    self.spent[one.pid] = sum(one.cpu_times()[:2])
                    self.worker_mb = max(self.worker_mb, sizes[one.pid])
            except psutil.Error:
                continue
        self.peak_mb = max(self.peak_mb, sum(sizes.values()))
        self.driver_mb = max(self.driver_mb, sizes.get(process.pid, 0.0))
        self.marks.append((time.monotonic(), done, sum(self.spent.values())))

    def rates(self) -> tuple[float, float]:
        """(images a minute, CPU seconds an image) from the first image to the last one."""
        working = [mark for mark in self.marks if mark[1] > 0]
        if not working or working[-1][1] == working[0][1]:
            return float("nan"), float("nan")
        (start, first, spent), (end, last, all_spent) = working[0], working[-1]
        return 60 * (last - first) / (end - start), (all_spent - spent) / (last - first)


def run(command: list[str], journal: Path, kill_after: int | None) -> tuple[Seen, int]:
    """The command watched to its end, or killed; what was seen, and its exit code."""
    begun, seen = done_images(journal), Seen()
    process = psutil.Popen(command)
    while process.poll() is None:
        done = max(begun, done_images(journal))
        try:
            seen.look(process, done - begun)
        except psutil.Error:
            break
        if kill_after is not None and done >= kill_after:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(LOOK)
    return seen, process.wait()


def done_images(journal: Path) -> int:
    return max(0, journal.read_bytes().count(b"\n") - 1) if journal.is_file() else 0


def report(what: str, seen: Seen) -> None:
    rate, spent = seen.rates()
    print(
        f"{what}: {rate:.1f} images a minute, {spent:.1f} CPU s an image; "
        f"all processes {seen.peak_mb:.0f} MB, the driver {seen.driver_mb:.0f} MB, "
        f"the largest worker {seen.worker_mb:.0f} MB",
        flush=True,
    )


def check(dataset: Path, out: Path) -> None:
    """Every image with an estimate is there once, with no more estimates than it has targets."""
    targets = json.loads((dataset / "test_targets_bop19.json").read_text())
    wanted = {(target["scene_id"], target["im_id"], target["obj_id"]) for target in targets}
    table = read_bop_table(out)
    found = list(zip(table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist(), strict=True))
    assert len(set(found)) == len(found), "an image was counted twice"
    assert set(found) <= wanted, "estimates that nobody asked for"
    print(f"{len(found)} of {len(wanted)} targets have their estimate, none has two")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--method", default="rgbd")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-after", type=int)
    options = parser.parse_args()
    out = options.out / f"{options.method}_{options.set.name}-test.csv"
    command = [sys.executable, "-m", "bop_eval", "run", str(options.set), "--method", options.method]
    command += ["--detections", str(options.set / "detections.json"), "--out", str(out), "--resume"]
    command += ["--templates", str(options.out / "templates"), "--workers", str(options.workers)]
    journal = out.with_name(f"{out.name}.journal")
    if options.kill_after is not None:
        seen, code = run(command, journal, options.kill_after)
        report(f"killed after {options.kill_after} images (exit code {code})", seen)
    seen, code = run(command, journal, None)
    report("to the end", seen)
    if code != 0:
        raise SystemExit(code)
    check(options.set, out)
    score = [sys.executable, "-m", "bop_eval", "score", str(out), "--dataset", str(options.set)]
    subprocess.run(score, check=True)


if __name__ == "__main__":
    main()
