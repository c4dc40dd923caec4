"""What no rough border excuses: patches count, bands do not; the truth has none, another place has some."""

from __future__ import annotations

import pytest
import torch

from objpose.crops import crop_frame
from objpose.poses.contradiction import contradiction
from objpose.poses.judge import by_depth, by_silhouette, judge
from objpose.raster.twin.judge import patches
from tests.synthetic import Flaws, about_centre, looking, make_scene, onboarded, twists

BORDER = 2  # pixels
WIDTH = 2 * BORDER + 1
NONE = torch.zeros(1, 24, 24, dtype=torch.bool)


def filled(rows: slice, columns: slice) -> torch.Tensor:
    image = NONE.clone()
    image[:, rows, columns] = True
    return image


def counted(image: torch.Tensor) -> torch.Tensor:
    return patches(image, BORDER).sum((1, 2))


@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
def test_a_band_as_wide_as_a_border_errs_is_no_patch(turned: bool) -> None:
    band, patch = filled(slice(5, 4 + WIDTH), slice(None)), filled(slice(5, 5 + WIDTH), slice(3, 20))
    band, patch = (image.mT if turned else image for image in (band, patch))
    assert not patches(band, BORDER).any()
    assert torch.equal(patches(patch, BORDER), patch)


def test_a_patch_at_the_crops_border_counts_whole() -> None:
    corner = filled(slice(0, WIDTH), slice(24 - WIDTH, 24))
    assert torch.equal(patches(corner, BORDER), corner)


def test_the_shares_are_of_all_that_is_held() -> None:
    empty, bare = filled(slice(0, 8), slice(0, 5)), filled(slice(10, 20), slice(10, 16))
    found = contradiction(counted(empty), counted(bare), torch.tensor([100]))
    assert [float(share) for share in found] == pytest.approx([40 / 200, 60 / 200])
    assert not any(contradiction(counted(NONE), counted(NONE), torch.tensor([0])))


@pytest.mark.parametrize("with_depth", [True, False], ids=["depth", "silhouette"])
@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_the_truth_is_hardly_contradicted_and_another_place_is(name: str, with_depth: bool) -> None:
    model, truth = onboarded(name), looking(21)
    scene = make_scene(model.mesh, truth, Flaws(noise=0.001, holes=0.1, border=1))
    crop = crop_frame(scene.frame, scene.mask, 112)
    shape = by_depth(0.04 * model.diameter) if with_depth else by_silhouette
    aside = about_centre(model, truth, twists(8, 0.3 * model.diameter, 0.0, 3))
    right, wrong = (judge(model.mesh, crop, shape, poses) for poses in (truth[None], aside))
    sideways = (aside.translation - truth.translation)[:, :2].norm(dim=-1) > 0.15 * model.diameter
    assert sideways.any()
    for of_right, of_wrong in ((right.empty, wrong.empty), (right.bare, wrong.bare)):
        assert float(of_right) < 0.01 and (of_wrong[sideways] > 0.04).all()
