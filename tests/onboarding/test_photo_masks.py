"""What stands in the middle of posed photos is found in each of them."""

from __future__ import annotations

import torch

from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.onboarding.photo_masks import common_masks, middle_of_attention
from objpose.splatting.polish import mesh_views
from tests.synthetic import MESHES

COUNT, SIZE = 8, 160


def photos() -> tuple[list[Frame], list[torch.Tensor], SE3]:
    """Of a blob on a plain ground, with a second thing in a corner."""
    views, cam_from_obj = mesh_views(MESHES["painted_blob"](), COUNT, SIZE)
    frames = []
    for view in views:
        rgb = torch.where(view.mask[..., None], view.rgb, torch.tensor([0.75, 0.72, 0.7]))
        rgb[4:30, 4:34] = torch.tensor([0.1, 0.5, 0.2])
        frames.append(Frame((rgb * 255).byte(), Camera.from_K(view.K, SIZE, SIZE)))
    return frames, [view.mask for view in views], cam_from_obj


def test_masks_are_those_of_the_thing_in_the_middle():
    frames, masks, cam_from_obj = photos()
    found = common_masks(frames, cam_from_obj)
    overlaps = [
        0.0 if one is None else float((one & mask).sum() / (one | mask).sum())
        for one, mask in zip(found, masks, strict=True)
    ]
    assert sum(overlap > 0.8 for overlap in overlaps) >= COUNT - 2, overlaps


def test_a_photo_of_nothing_has_no_mask():
    frames, _, cam_from_obj = photos()
    frames[3] = Frame(torch.full((SIZE, SIZE, 3), 128, dtype=torch.uint8), frames[3].camera)
    assert common_masks(frames, cam_from_obj)[3] is None


def test_cameras_look_at_their_middle_in_any_frame():
    _, _, cam_from_obj = photos()
    middle = middle_of_attention(cam_from_obj)
    depth = cam_from_obj.apply(middle.float())[:, 2]
    assert bool((depth > 0).all())
    moved = SE3.exp(torch.tensor([1.0, -2.0, 0.5, 0.3, 0.4, -0.2]))
    there = middle_of_attention(cam_from_obj @ moved.inverse())
    assert torch.allclose(there.float(), moved.apply(middle.float()), atol=1e-4)
