"""Whether an object has the outline of the masks it was made of: silent where it has, told where not."""

from __future__ import annotations

import numpy as np
import torch

from objpose.frame import Frame
from objpose.geometry import SE3, Camera, looking_at, square_K, view_rotations
from objpose.onboarding.outline_advice import outline_advice
from objpose.raster import render_mesh
from tests.geometry.shapes import prism

SIZE = 96
CAMERA = Camera.from_K(square_K(3.0 * SIZE, SIZE), SIZE, SIZE)
MESH = prism(0.05, 0.12, 24)
NAMES = [f"{index}.jpg" for index in range(6)]


def masks(mesh, cam_from_obj: SE3) -> torch.Tensor:
    drawn = render_mesh(mesh, cam_from_obj, CAMERA.K.float(), SIZE, SIZE, outputs=("depth",))
    return drawn.mask


def advice(outlines: list) -> list[str]:
    frames = [Frame(np.zeros((SIZE, SIZE, 3), np.uint8), CAMERA)] * 6
    return outline_advice(MESH, frames, outlines, views(), NAMES)


def views() -> SE3:
    return looking_at(torch.zeros(3), view_rotations(6, 1), 0.5).to(torch.float32)


def test_of_its_own_outline_nothing_is_said() -> None:
    assert advice(list(masks(MESH, views()))) == []
    assert advice([one.numpy() for one in masks(MESH, views())]) == []


def test_of_masks_of_something_larger_it_is_said_and_how_far() -> None:
    larger = MESH.scaled(1.6)
    outlines = list(masks(larger, views()))
    outlines[2] = torch.ones(SIZE, SIZE, dtype=torch.bool)
    [line] = advice(outlines)
    assert "2.jpg" in line and "rough" in line and "%" in line


def test_one_bad_mask_of_six_is_no_rough_object() -> None:
    outlines = list(masks(MESH, views()))
    outlines[2] = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    assert advice(outlines) == []
