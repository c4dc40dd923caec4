"""Refinement on splats: it comes home, never makes things worse, and says how sure it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.crops import Crop
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.poses import SplatRefineOptions, refine_crop, refine_splats
from objpose.poses.align import Alignment
from objpose.poses.on_splats import comparable
from objpose.poses.residuals import SplatResidual, SplatResidualOptions
from objpose.raster import Splats
from tests.splatting.pictures import CAMERA, SIZE, TRUTH, blob_splats, disturbed, errors, picture

QUICK = SplatRefineOptions(sizes=(32, 64), steps=(8, 8))


def problem_of(splats: Splats, crop: Crop) -> Alignment:
    residual = SplatResidual(comparable(splats, TRUTH), crop, SplatResidualOptions())
    return Alignment(residual.centre, [(1.0, residual)])


@pytest.mark.parametrize("with_depth", [False, True])
def test_it_comes_home(with_depth: bool) -> None:
    splats = blob_splats()
    start = disturbed(splats, 6.0, 0.008)
    found = refine_crop(splats, picture(splats, TRUTH, with_depth), start[None], QUICK)
    angle, meters = errors(found.cam_from_obj[0])
    assert angle < 1.0 and meters < (0.001 if with_depth else 0.010)
    assert float(found.cost) < float(found.start_cost)


def test_a_stronger_light_changes_nothing() -> None:
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth=False, gain=0.6)
    found = refine_crop(splats, crop, disturbed(splats, 5.0, 0.005)[None], QUICK)
    assert errors(found.cam_from_obj[0])[0] < 1.0


def test_what_stands_before_the_object_is_left_out() -> None:
    """A third of the object is hidden: neither the mask nor the depth has it."""
    splats = blob_splats()
    whole = picture(splats, TRUTH, with_depth=True)
    hidden = torch.zeros_like(whole.mask)
    hidden[:, : int(whole.mask.any(0).nonzero()[:, 0].float().quantile(0.35))] = True
    depth = torch.where(hidden, 0.5, whole.depth)
    crop = Crop(whole.rgb, depth, whole.mask & ~hidden, whole.inside, whole.camera)
    found = refine_crop(splats, crop, disturbed(splats, 4.0, 0.005)[None], QUICK)
    angle, meters = errors(found.cam_from_obj[0])
    assert angle < 1.0 and meters < 0.002


@pytest.mark.parametrize("seed", range(3))
def test_it_never_makes_things_worse(seed: int) -> None:
    """Neither from the truth nor from where nothing can be found."""
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth=False)
    starts = SE3.stack([TRUTH, disturbed(splats, 90.0, 0.03, seed), disturbed(splats, 170.0, 0.0, seed)])
    found = refine_crop(splats, crop, starts, QUICK)
    assert bool((found.cost <= found.start_cost).all())
    again = problem_of(splats, crop).linearize(found.cam_from_obj.wxyz_xyz)
    torch.testing.assert_close(again.cost, found.cost, rtol=1e-4, atol=1e-5)
    assert errors(found.cam_from_obj[found.best])[0] < 1.0
    assert bool(((found.score > 0) & (found.score <= 1)).all())


def test_a_batch_is_its_poses_one_by_one() -> None:
    splats, options = blob_splats(), SplatRefineOptions(sizes=(32,), steps=(4,))
    crop = picture(splats, TRUTH, with_depth=True)
    starts = SE3.stack([disturbed(splats, 5.0, 0.005, seed) for seed in range(3)])
    together = refine_crop(splats, crop, starts, options)
    alone = [refine_crop(splats, crop, starts[i : i + 1], options) for i in range(3)]
    torch.testing.assert_close(
        together.cam_from_obj.wxyz_xyz, torch.cat([one.cam_from_obj.wxyz_xyz for one in alone])
    )


def test_harmonics_are_seen_from_each_pose() -> None:
    """Splats with constant harmonics above degree 0 set to nothing refine as those with colours."""
    splats, options = blob_splats(), SplatRefineOptions(sizes=(32,), steps=(4,))
    sh = torch.zeros(len(splats), 4, 3)
    sh[:, 0] = (splats.colors - 0.5) / 0.28209479177387814
    crop = picture(splats, TRUTH, with_depth=True)
    starts = SE3.stack([disturbed(splats, 5.0, 0.005, seed) for seed in range(2)])
    shaded = refine_crop(replace(splats, colors=None, sh=sh), crop, starts, options)
    plain = refine_crop(splats, crop, starts, options)
    torch.testing.assert_close(shaded.cam_from_obj.wxyz_xyz, plain.cam_from_obj.wxyz_xyz, rtol=0, atol=1e-3)


def test_depth_makes_the_pose_surer_along_the_ray() -> None:
    splats, options = blob_splats(), SplatRefineOptions(sizes=(64,), steps=(1,))
    without, with_depth = (
        refine_crop(splats, picture(splats, TRUTH, depth), TRUTH[None], options) for depth in (False, True)
    )
    assert float(with_depth.covariance[0, 2, 2]) < float(without.covariance[0, 2, 2])
    product = (with_depth.covariance.double() @ with_depth.information.double())[0]
    torch.testing.assert_close(product, torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-2)


def test_frames_and_masks_are_taken() -> None:
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth=True)
    frame = Frame((crop.rgb * 255).round().to(torch.uint8), CAMERA, crop.depth)
    found = refine_splats(splats, frame, crop.mask, disturbed(splats, 4.0, 0.004)[None], QUICK)
    assert errors(found.cam_from_obj[0])[0] < 1.0
    with pytest.raises(InputError, match="^mask.*: found no pixel set"):
        refine_splats(splats, frame, torch.zeros(SIZE, SIZE, dtype=torch.bool), TRUTH[None], QUICK)


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="steps"):
        SplatRefineOptions(sizes=(64, 32), steps=(3, 3))
