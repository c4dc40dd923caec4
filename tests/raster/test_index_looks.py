"""The range of indices is read once, for a GPU would be waited for: again only when they change."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.raster import arguments, face_normals, interpolate, rasterize, sample_texture, texture_pyramid
from tests.raster.scenes import bumpy_sphere, intrinsics, random_poses, stage_arguments

SIZE = (24, 18)
MESH = bumpy_sphere(1)
VERTICES, FACES, POSES, K = stage_arguments(MESH, random_poses(2), intrinsics(*SIZE, focal=30.0))
PYRAMID = texture_pyramid(MESH.texture)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The index tensors that are read, as on a device whose core does not look before it follows them."""
    seen: list[Tensor] = []
    look = arguments._look_for_range
    monkeypatch.setattr(arguments, "_look_for_range", lambda tensor: (seen.append(tensor), look(tensor))[1])
    monkeypatch.setattr(arguments, "_CORES_THAT_LOOK", ())
    return seen


def test_a_mesh_is_looked_at_once_and_what_was_rasterized_never(looks: list[Tensor]) -> None:
    faces = FACES.clone()
    for _ in range(3):
        found = rasterize(VERTICES, faces, POSES, K, *SIZE)
        interpolate(VERTICES, faces, found)
        sample_texture(PYRAMID, MESH.uvs, faces, found)
        face_normals(VERTICES, faces, POSES, found.face_ids)
    assert len(looks) == 1 and looks[0] is faces


def test_indices_that_change_are_looked_at_again(looks: list[Tensor]) -> None:
    faces = FACES.clone()
    found = rasterize(VERTICES, faces, POSES, K, *SIZE)
    found.face_ids[0, 0, 0] = len(faces)
    with pytest.raises(InputError, match=f"face_ids name face {len(faces)} of {len(faces)}"):
        interpolate(VERTICES, faces, found)
    faces[0, 0] = len(VERTICES)
    with pytest.raises(InputError, match="faces name vertex 42 of 42"):
        rasterize(VERTICES, faces, POSES, K, *SIZE)
    assert len(looks) == 3


def test_fragments_of_a_larger_mesh_are_refused_unseen(looks: list[Tensor]) -> None:
    found = rasterize(VERTICES, FACES, POSES, K, *SIZE)
    looks.clear()
    with pytest.raises(InputError, match=f"face_ids name face {len(FACES) - 1} of 3"):
        interpolate(VERTICES, FACES[:3], found)
    assert [tuple(tensor.shape) for tensor in looks] == []


def test_what_does_not_tell_of_changes_is_always_looked_at(looks: list[Tensor]) -> None:
    with torch.inference_mode():
        faces = FACES.clone()
        for _ in range(2):
            rasterize(VERTICES, faces, POSES, K, *SIZE)
    assert len(looks) == 2
