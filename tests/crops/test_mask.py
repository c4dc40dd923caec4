"""What is asked of a mask."""

from __future__ import annotations

import torch

from objpose.crops import mask_box, signed_distance, virtual_view
from objpose.frame import Frame
from objpose.geometry import SO3, Camera


def square() -> torch.Tensor:
    mask = torch.zeros(20, 30, dtype=torch.bool)
    mask[5:12, 8:21] = True
    return mask


def test_the_box_is_column_and_row_of_the_corners() -> None:
    low, high = mask_box(square())
    assert low.tolist() == [8, 5] and high.tolist() == [20, 11]


def test_the_border_runs_between_pixels() -> None:
    """Both sides are half a pixel away from it, and a mask and what it leaves are opposites."""
    distance = signed_distance(square())
    assert (
        distance[8, 7] == 0.5 and distance[8, 8] == -0.5 and distance[8, 10] == -2.5 and distance[8, 5] == 2.5
    )
    torch.testing.assert_close(signed_distance(~square()), -distance)


def test_a_virtual_view_by_the_same_camera_is_the_frame() -> None:
    """Where colours change evenly, so that the mean of a pixel is its middle."""
    row, column = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    rgb = torch.stack([8 * column, 12 * row, 4 * (row + column)], dim=-1).to(torch.uint8)
    camera = Camera.from_K([40.0, 0, 14.5, 0, 40.0, 9.5, 0, 0, 1], 30, 20)
    color, share = virtual_view(Frame(rgb, camera), square(), camera)
    torch.testing.assert_close(color[1:-1, 1:-1], rgb[1:-1, 1:-1] / 255, rtol=0, atol=1e-5)
    assert torch.equal(share > 0.5, square())
    turned, _ = virtual_view(Frame(rgb, camera), square(), camera, SO3.exp(torch.tensor([0.0, 2.0, 0.0])))
    assert float(turned.abs().max()) == 0.0
