"""The shapes in the signatures of the public edge are those of the values, as jaxtyping reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
import torch
from jaxtyping import jaxtyped
from torch import Tensor

from objpose.calibration import calibrate_hand_eye
from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.raster import Splats, render_mesh, render_splats
from objpose.raster.meshes.render import OUTPUTS
from objpose.robots import PlacedObject
from tests.calibration.stops import stops
from tests.geometry.shapes import box

GENERATOR = torch.Generator().manual_seed(0)


def _random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=GENERATOR)


K = torch.tensor([[300.0, 0.0, 15.5], [0.0, 300.0, 11.5], [0.0, 0.0, 1.0]])
CAMERA = Camera.from_K(K, 32, 24)
PAINTED = Mesh(box(0.1, 0.1, 0.1).vertices, box(0.1, 0.1, 0.1).faces, vertex_colors=_random(8, 3))
SPLATS = Splats(_random(9, 3), _random(9, 4), _random(9, 3), _random(9), sh=_random(9, 4, 3))
CAMS = SE3.exp(torch.tensor([[0.0, 0.0, 0.5, 0.1, 0.2, 0.3], [0.0, 0.0, 0.6, 0.0, 0.1, 0.0]]))
POINTS = _random(2, 5, 3) + 1
VALUES = {
    "SO3": CAMS.rotation,
    "SE3": CAMS,
    "Camera": CAMERA,
    "Frame": Frame(torch.zeros(24, 32, 3, dtype=torch.uint8), CAMERA, torch.ones(24, 32)),
    "a painted Mesh": PAINTED,
    "SurfaceSamples": PAINTED.sample_surface(7, seed=0),
    "Splats": SPLATS,
    "MeshRender": render_mesh(PAINTED, CAMS, K, 32, 24, outputs=OUTPUTS),
    "SplatRender": render_splats(SPLATS, CAMS, K, 32, 24),
    "HandEye": calibrate_hand_eye(stops("in-hand", 7, seed=0)[1], "in-hand"),
    "PlacedObject": PlacedObject("can", CAMS[0], torch.eye(6), 0.9, torch.zeros(3), torch.ones(3)),
}
CALLS = {
    "SO3.matrix": (SO3.matrix, CAMS.rotation),
    "SO3.log": (SO3.log, CAMS.rotation),
    "SO3.angle": (SO3.angle, CAMS.rotation),
    "SO3.adjoint": (SO3.adjoint, CAMS.rotation),
    "SE3.matrix": (SE3.matrix, CAMS),
    "SE3.log": (SE3.log, CAMS),
    "SE3.adjoint": (SE3.adjoint, CAMS),
    "SE3.apply": (SE3.apply, CAMS[0], POINTS),
    "SE3.apply_points": (SE3.apply_points, CAMS, POINTS),
    "Camera.project": (Camera.project, CAMERA, POINTS),
    "Camera.unproject": (Camera.unproject, CAMERA, POINTS[..., :2], POINTS[..., 2]),
    "Camera.rays": (Camera.rays, CAMERA),
    "Mesh.bounds": (Mesh.bounds, PAINTED),
    "Mesh.face_normals": (Mesh.face_normals, PAINTED),
    "Mesh.vertex_normals": (Mesh.vertex_normals, PAINTED),
    "Frame.checked_mask": (Frame.checked_mask, VALUES["Frame"], torch.eye(24, 32)),
}


def misfits(values: list[tuple[str, object, Any]]) -> list[str]:
    """The names of values that are not of their annotation; dimensions of one name must be equally long."""
    with jaxtyped("context"):
        arrays = [(name, value, hint) for name, value, hint in values if "jaxtyping" in repr(hint)]
        assert arrays, "nothing with a shape"
        return [name for name, value, hint in arrays if not isinstance(value, hint)]


def of_fields(instance: Any) -> list[tuple[str, object, Any]]:
    hints = get_type_hints(type(instance))
    return [(field.name, getattr(instance, field.name), hints[field.name]) for field in fields(instance)]


@pytest.mark.parametrize("name", VALUES)
def test_fields_have_the_shapes_of_their_annotations(name: str) -> None:
    assert misfits(of_fields(VALUES[name])) == []


@pytest.mark.parametrize("name", CALLS)
def test_answers_have_the_shapes_of_their_annotations(name: str) -> None:
    call: Callable[..., Tensor | tuple[Tensor, ...]] = CALLS[name][0]
    found, hint = call(*CALLS[name][1:]), get_type_hints(call)["return"]
    hints = get_args(hint) if isinstance(found, tuple) else (hint,)
    values = found if isinstance(found, tuple) else (found,)
    assert misfits([(name, *pair) for pair in zip(values, hints, strict=True)]) == []


def test_a_wrong_shape_is_found() -> None:
    """Guards the tests above against a check that sees nothing."""
    hints = get_type_hints(Mesh)
    wrong = [("faces", torch.zeros(4, 3), hints["faces"]), ("uvs", torch.zeros(7, 2), hints["uvs"])]
    right = ("vertices", torch.zeros(8, 3), hints["vertices"])
    assert misfits([right, *wrong]) == ["faces", "uvs"]
