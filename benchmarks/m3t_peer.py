"""M3T (DLR-RM/3DObjectTracking, MIT) as a peer of the tracker, on the same frames, as set for RBOT.

Build M3T as its readme says, then m3t_peer.cpp, linked with the same libraries (-O3 -DNDEBUG -fopenmp).
It needs an X display, if only `xvfb-run`'s: M3T makes its sparse views with OpenGL. They are kept.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import torch
from bodies import BenchmarkObject
from tracking_things import centre

from objpose import Frame
from objpose.geometry import SE3, Camera, Mesh
from objpose.tracking import Status, TrackState

ANSWER = 17  # floats: cam_from_obj row by row, milliseconds


class M3T:
    """One object followed by M3T in a process of its own; `close` ends it.

    It says of every frame that it tracks: it knows no other state. Latencies are its own, without the pipes.
    """

    def __init__(self, program: Path, made: BenchmarkObject, camera: Camera, folder: Path, texture: bool):
        folder.mkdir(parents=True, exist_ok=True)
        self.name = made.name
        self._obj_from_centred = SE3.from_rotation_translation(
            torch.eye(3, dtype=torch.float64), torch.from_numpy(centre(made.mesh))
        )
        shape = folder / f"{made.name}.obj"
        _write_obj(shape, made.mesh, centre(made.mesh))
        numbers = (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height, int(texture))
        self._log = (folder / f"{made.name}.log").open("w")
        self._process = subprocess.Popen(
            [str(program), str(shape), str(folder / f"{made.name}.bin"), *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._start: SE3 | None = None  # told before there was a frame
        self._has_frame = False

    def reset(self, name: str, cam_from_obj: SE3) -> None:
        self._start = cam_from_obj
        if self._has_frame:
            self._begin()

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        self._ask(b"i" + np.ascontiguousarray(frame.rgb.numpy()[..., ::-1]).tobytes())
        self._has_frame = True
        pose, milliseconds = self._begin() if self._start is not None else self._ask(b"t")
        found = pose @ self._obj_from_centred.inverse()
        seconds = milliseconds / 1000
        return (
            TrackState(self.name, Status.TRACKING, found, 1.0, None, None, timestamp or 0.0, "", seconds),
        )

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._log.close()

    def _begin(self) -> tuple[SE3, float]:
        pose = self._start.to(torch.float64) @ self._obj_from_centred
        self._start = None
        return self._ask(b"s" + pose.matrix().numpy().astype(np.float32).tobytes())

    def _ask(self, command: bytes) -> tuple[SE3, float]:
        self._process.stdin.write(command)
        self._process.stdin.flush()
        answer = self._process.stdout.read(4 * ANSWER)
        if len(answer) < 4 * ANSWER:
            raise RuntimeError(f"M3T ended; what it said is in {self._log.name}")
        values = np.frombuffer(answer, dtype=np.float32)
        return SE3.from_matrix(torch.from_numpy(values[:16].reshape(4, 4).astype(np.float64))), float(
            values[16]
        )


def _write_obj(file: Path, mesh: Mesh, middle: np.ndarray) -> None:
    vertices = mesh.vertices.double().numpy() - middle
    lines = [f"v {x:.7f} {y:.7f} {z:.7f}" for x, y, z in vertices]
    lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + 1).tolist()]
    file.write_text("\n".join(lines) + "\n")
