"""The pipe to M3T, with a program at its other end that keeps the pose it was told and answers it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from objpose import Frame
from objpose.geometry import SE3
from objpose.io import read_mesh
from objpose.tracking import Status

PROGRAM = """#!{python}
import struct, sys
width, height = int(sys.argv[7]), int(sys.argv[8])
pose, seen = [0.0] * 16, b""
while command := sys.stdin.buffer.read(1):
    if command == b"i":
        seen = sys.stdin.buffer.read(3 * width * height)
    elif command == b"s":
        pose = struct.unpack("16f", sys.stdin.buffer.read(64))
    elif seen[0] == 99:  # blue of the first pixel
        sys.exit(1)
    sys.stdout.buffer.write(struct.pack("17f", *pose, seen[2] if seen else 0))
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def peer(tmp_path):
    from m3t_peer import M3T
    from tracking_sequences import CAMERA
    from tracking_things import thing

    program = tmp_path / "program"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    opened = M3T(program, thing("jug"), CAMERA, tmp_path / "kept", texture=False)
    yield opened
    opened.close()


def frame(first: tuple[int, int, int]) -> Frame:
    from tracking_sequences import CAMERA

    rgb = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    rgb[0, 0] = first
    return Frame(rgb, CAMERA)


def test_a_pose_comes_back_in_the_objects_own_frame(peer):
    told = SE3.exp(torch.tensor([0.1, 0.0, 0.6, 0.5, -0.4, 0.3]).double())
    peer.reset("jug", told)
    for _ in range(2):  # the first frame begins, the second is followed
        [state] = peer.update(frame((0, 0, 0)), 0.0)
        assert state.object == "jug" and state.status is Status.TRACKING
        assert torch.allclose(state.cam_from_obj.matrix(), told.matrix(), atol=1e-6)


def test_images_arrive_as_bgr_and_milliseconds_as_seconds(peer):
    peer.reset("jug", SE3.identity(dtype=torch.float64))
    assert peer.update(frame((50, 1, 2)))[0].latency == pytest.approx(0.05)


def test_a_peer_that_ends_is_no_answer(peer):
    peer.reset("jug", SE3.identity(dtype=torch.float64))
    peer.update(frame((0, 0, 0)))
    with pytest.raises(RuntimeError, match="M3T ended"):
        peer.update(frame((0, 0, 99)))


def test_the_mesh_is_written_about_its_centre(peer, tmp_path):
    from tracking_things import thing

    written, own = read_mesh(tmp_path / "kept" / "jug.obj"), thing("jug").mesh
    assert torch.allclose(written.bounds().mean(0), torch.zeros(3), atol=1e-6)
    assert torch.allclose(written.bounds().diff(dim=0), own.bounds().diff(dim=0), atol=1e-6)
