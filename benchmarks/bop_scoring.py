"""Scoring a BOP result file: a cold process, a running one, fifty times the estimates; and BOP's toolkit.

    python benchmarks/bop_scoring.py DATASET RESULTS.csv [--toolkit CHECKOUT --toolkit-python PYTHON]

A checkout is a clone of github.com/thodan/bop_toolkit, which needs a Python of its own with numpy<2, vispy
and what its pyproject.toml lists, and Mesa for OpenGL without a screen (on Debian: libegl1, libgl1-mesa-dri).
The toolkit knows its sets by name only: it is given this one as "lm", with dummies for lm's other objects.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COPIES = 50
REPEATS = 5
TOOLKIT_NAME, TOOLKIT_OBJECTS = "lm", 15
TASKS = {"localization": "eval_bop19_pose.py", "detection": "eval_bop24_pose.py"}
DUMMY = (
    "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    "property float nx\nproperty float ny\nproperty float nz\nelement face 1\n"
    "property list uchar int vertex_indices\nend_header\n"
    "0 0 0 0 0 1\n1 0 0 0 0 1\n0 1 0 0 0 1\n3 0 1 2\n"
)


def main() -> None:
    options = parse_options()
    if options.timed is not None:
        return time_running(options.dataset, options.results, options.timed)
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder, options.results.name)
        write_copies(options.results, many)
        for task in TASKS:
            ours = cold_start(options.dataset, options.results, task)
            once = running(options.dataset, options.results, task)
            fifty = running(options.dataset, many, task)
            print(f"{task}: {ours:.2f} s as a whole process, {once['seconds']:.3f} s inside a running one")
            memory = f"peak memory {fifty['peak_mb']:.0f} MB"
            print(f"  {COPIES} times the estimates: {fifty['seconds']:.2f} s, {memory}")
            if options.toolkit is not None:
                theirs = toolkit(options, task, Path(folder, task))
                print(
                    f"  bop_toolkit: {theirs:.1f} s, {theirs / ours:.0f} times the process, "
                    f"{theirs / once['seconds']:.0f} times the running one"
                )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--toolkit", type=Path, help="a checkout of bop_toolkit")
    parser.add_argument("--toolkit-python", default="python3")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of the toolkit")
    parser.add_argument("--timed", choices=list(TASKS), help=argparse.SUPPRESS)  # the running process
    return parser.parse_args()


def write_copies(results: Path, many: Path) -> None:
    """Every estimate COPIES times, the copies with lower scores."""
    header, *lines = results.read_text().splitlines()
    copies = [header]
    for copy in range(COPIES):
        for line in lines:
            fields = line.split(",")
            fields[3] = repr(float(fields[3]) * 0.99**copy)
            copies.append(",".join(fields))
    many.write_text("\n".join(copies) + "\n")


def cold_start(dataset: Path, results: Path, task: str) -> float:
    """The command as a user calls it, the best of a few times, in seconds."""
    command = [sys.executable, "-m", "bop_eval", "score", results, "--dataset", dataset, "--task", task]
    return min(timed(command) for _ in range(REPEATS))


def timed(command: list[object], **settings: object) -> float:
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **settings)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - start


def running(dataset: Path, results: Path, task: str) -> dict[str, float]:
    """`time_running` in a process of its own, so that its peak memory is of this alone."""
    command = [sys.executable, __file__, dataset, results, "--timed", task]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def time_running(dataset: Path, results: Path, task: str) -> None:
    """Print the best time of a few calls in this process, after a first one, and its peak memory."""
    import bop_eval

    bop_eval.evaluate(results, dataset, task)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        bop_eval.evaluate(results, dataset, task)
        times.append(time.perf_counter() - start)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": min(times), "peak_mb": peak_mb}))


def toolkit(options: argparse.Namespace, task: str, folder: Path) -> float:
    """Seconds that the toolkit takes, once; its scores are printed."""
    lend_set(options.dataset, folder / "sets" / TOOLKIT_NAME)
    (folder / "results").mkdir()
    name = f"bench_{TOOLKIT_NAME}-test"
    shutil.copyfile(options.results, folder / "results" / f"{name}.csv")
    script = options.toolkit / "scripts" / TASKS[task]
    environment = os.environ | {
        "BOP_PATH": str(folder / "sets"), "BOP_RESULTS_PATH": str(folder / "results"),
        "BOP_EVAL_PATH": str(folder / "scores"), "BOP_OUTPUT_PATH": str(folder / "out"),
        "PYTHONPATH": str(options.toolkit), "EGL_PLATFORM": "surfaceless", "PYOPENGL_PLATFORM": "egl",
        "PATH": f"{Path(shutil.which(options.toolkit_python)).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    arguments = [f"--result_filenames={name}.csv", f"--num_workers={options.workers}"]
    seconds = timed([options.toolkit_python, script, *arguments], env=environment)
    [scores] = (folder / "scores" / name).glob("scores_bop*.json")
    print(f"  {json.loads(scores.read_text())}")
    return seconds


def lend_set(dataset: Path, lent: Path) -> None:
    """The set under a name that the toolkit knows, by links; models that it lacks are dummies."""
    lent.mkdir(parents=True)
    for entry in dataset.iterdir():
        if not entry.name.startswith("models"):
            (lent / entry.name).symlink_to(entry.resolve())
    models = next(dataset / name for name in ("models_eval", "models") if (dataset / name).is_dir())
    (lent / "models_eval").mkdir()
    infos = json.loads((models / "models_info.json").read_text())
    for obj_id in range(1, TOOLKIT_OBJECTS + 1):
        mesh = lent / "models_eval" / f"obj_{obj_id:06d}.ply"
        if str(obj_id) in infos:
            for path in models.glob(f"obj_{obj_id:06d}.*"):
                (mesh.parent / path.name).symlink_to(path.resolve())
        else:
            mesh.write_text(DUMMY)
            infos[str(obj_id)] = {"diameter": 1.5}
    (lent / "models_eval" / "models_info.json").write_text(json.dumps(infos))


if __name__ == "__main__":
    main()
