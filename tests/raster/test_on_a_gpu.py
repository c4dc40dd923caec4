"""On a machine with a GPU: all its devices run kernels, bad indices are refused, and nothing waits twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from objpose.errors import InputError
from objpose.raster import backend_status, face_normals, interpolate, rasterize
from objpose.raster.cuda import probe
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
SIZE = (96, 72)


def on_device(device: str = "cuda") -> tuple[torch.Tensor, ...]:
    """Vertices, faces and poses there; K stays on the host, where it is checked."""
    vertices, faces, poses, K = stage_arguments(bumpy_sphere(3), random_poses(4), intrinsics(*SIZE))
    return vertices.to(device), faces.to(device), poses.to(device), K


@contextmanager
def waiting_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_every_device_runs_a_kernel() -> None:
    status = backend_status()["cuda"]
    assert status["available"], status["error"]
    for index in range(torch.cuda.device_count()):
        if status["devices"][f"cuda:{index}"] is None:
            probe.check(index)
            found = rasterize(*on_device(f"cuda:{index}"), *SIZE).depth
            expected = rasterize(*on_device("cpu"), *SIZE).depth
            assert ((found.cpu() > 0) == (expected > 0)).float().mean() > 0.999


def test_the_second_picture_of_a_mesh_waits_for_nothing() -> None:
    vertices, faces, poses, K = on_device()
    for attempt in range(2):
        with waiting_is_an_error() if attempt else torch.no_grad():
            found = rasterize(vertices, faces, poses, K, *SIZE)
            interpolate(vertices, faces, found)
            face_normals(vertices, faces, poses, found.face_ids)


def test_bad_indices_are_refused_and_the_context_lives() -> None:
    vertices, faces, poses, K = on_device()
    found = rasterize(vertices, faces, poses, K, *SIZE)
    wrong = faces.clone()
    wrong[5, 1] = len(vertices)
    with pytest.raises(InputError, match=f"faces name vertex {len(vertices)} of {len(vertices)}"):
        rasterize(vertices, wrong, poses, K, *SIZE)
    found.face_ids[0, 3, 3] = len(faces)
    with pytest.raises(InputError, match=f"face_ids name face {len(faces)}"):
        interpolate(vertices, faces, found)
    torch.cuda.synchronize()
    assert bool((rasterize(vertices, faces, poses, K, *SIZE).depth > 0).any())
