"""What `objpose track` found, as tables and in words."""

from __future__ import annotations

import csv
import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from objpose.cli.track_records import OF_THIS_FRAME
from objpose.io.atomic import atomic_path

if TYPE_CHECKING:
    from objpose.cli.track_run import Run

COLUMNS = (
    "frame", "timestamp_s", "object", "status", "confidence",
    *(f"r{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3)), "tx_m", "ty_m", "tz_m",
)  # fmt: skip
UNITS = {
    "cam_from_obj": "metres, OpenCV camera axes, row by row; of a lost object the last one trusted",
    "velocity": "v, w about the object's centre, camera axes; metres and radians a second",
    "covariance": "of the left perturbation exp((v, w)) @ cam_from_obj; metres, radians",
    "timestamp": "seconds",
    "latency": "seconds",
}


def write_tables(run: Run, inputs: dict) -> list[Path]:
    """OUT/poses.csv and OUT/states.json, each whole or not at all; the files written.

    inputs: what the viewer needs besides, see objpose.viewing.track_file.
    """
    paths = [run.folder / "poses.csv", run.folder / "states.json"]
    with atomic_path(paths[0]) as temporary, temporary.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for record in run.records():
            rows.writerows(_row(record, state) for state in record["states"])
    with atomic_path(paths[1]) as temporary, temporary.open("w") as file:
        file.write(f'{{"run": {json.dumps(run.identity)},\n"units": {json.dumps(UNITS)},\n')
        file.write(f'"inputs": {json.dumps(inputs)},\n"frames": [\n')
        for i, record in enumerate(run.records()):
            file.write(",\n" * bool(i) + json.dumps(record, allow_nan=False))
        file.write("\n]}\n")
    return paths


def summary(run: Run) -> str:
    """A line for each object: how much of the run it was trusted, and how often it was lost."""
    statuses, latencies = defaultdict(list), defaultdict(list)
    for record in run.records():
        for state in record["states"]:
            statuses[state["object"]].append(state["status"])
            latencies[state["object"]].append(state["latency"])
    return "\n".join(_told(name, statuses[name], latencies[name]) for name in statuses) or "no frames"


def _row(record: dict, state: dict) -> list[object]:
    """The numbers of a pose; none where there is no pose of this very frame."""
    told = [record["frame"], repr(record["timestamp"]), state["object"], state["status"]]
    matrix = state["cam_from_obj"] if state["status"] in OF_THIS_FRAME else None
    if matrix is None:
        return [*told, f"{state['confidence']:.4f}", *[""] * 12]
    rotation = [value for row in matrix[:3] for value in row[:3]]
    numbers = [f"{value:.9g}" for value in (*rotation, *(row[3] for row in matrix[:3]))]
    return [*told, f"{state['confidence']:.4f}", *numbers]


def _told(name: str, statuses: list[str], latencies: list[float]) -> str:
    trusted = sum(status in ("tracking", "reacquired") for status in statuses)
    times = sum(
        status == "lost" and before != "lost"
        for before, status in zip(["", *statuses], statuses, strict=False)
    )
    milliseconds = 1000 * statistics.median(latencies)
    told = f"trusted in {trusted} of {len(statuses)} frames, lost {times} times"
    return f"{name}: {told}, {milliseconds:.1f} ms a frame"
