"""Synthetic scenes: one seed gives one scene, and what is called the truth is true."""

from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from objpose.raster import render_mesh


@pytest.fixture(scope="module")
def objects():
    from objects import object_set

    return object_set(0)


def test_seed_decides_scene(objects):
    from scenes import make_scene

    first, again, other = (make_scene(objects, seed) for seed in (3, 3, 13))
    assert torch.equal(first.frame.rgb, again.frame.rgb)
    assert torch.equal(first.frame.depth, again.frame.depth)
    assert (first.mask == again.mask).all()
    assert torch.equal(first.cam_from_obj.wxyz_xyz, again.cam_from_obj.wxyz_xyz)
    assert not torch.equal(first.frame.rgb, other.frame.rgb)
    assert first.target.name == other.target.name == "printed bottle"


@pytest.mark.parametrize("seed", [0, 5, 16])
def test_truth_rerenders_the_depth(objects, seed):
    from scenes import make_scene

    scene = make_scene(objects, seed)
    camera, measured = scene.frame.camera, scene.frame.depth
    render = render_mesh(scene.target.mesh, scene.cam_from_obj, camera.K, camera.width, camera.height)
    exact = torch.from_numpy(scene.exact_depth)
    visible = torch.from_numpy(scene.visible)
    torch.testing.assert_close(render.depth[0][visible].double(), exact[visible].double())
    # Away from borders the sensor errs by millimetres: steps of disparity, noise, the gain of all depths.
    inner = torch.from_numpy(ndimage.binary_erosion(scene.visible, iterations=3)) & (measured > 0)
    error = (measured - exact)[inner].abs().median()
    assert error < 0.008 * float(exact[visible].median()) ** 2 + 0.002


def test_mask_overlaps_what_it_is_of(objects):
    from scenes import SceneOptions, make_scene

    right, wrong = (make_scene(objects, 21, SceneOptions(fault=fault)) for fault in ("none", "wrong object"))
    overlap = (right.mask & right.visible).sum() / (right.mask | right.visible).sum()
    assert 0.7 < overlap < 1.0
    assert (wrong.mask & wrong.visible).sum() < 0.2 * wrong.mask.sum()


def test_a_cut_target_reaches_the_border(objects):
    from scenes import SceneOptions, make_scene

    cut, whole = (make_scene(objects, 4, SceneOptions(cut=cut)) for cut in (True, False))
    assert cut.layout.is_cut and not whole.layout.is_cut
    assert cut.visible[[0, -1]].any() or cut.visible[:, [0, -1]].any()


def test_what_lies_above_hides_some_of_the_target(objects):
    from scenes import SceneOptions, make_scene

    options = {"neighbours": (1, 1), "elevation": (40.0, 60.0)}
    beside, above = (
        [make_scene(objects, seed, SceneOptions(above=above, **options)).visible_share for seed in (7, 8, 9)]
        for above in (False, True)
    )
    assert sum(above) < sum(beside) - 0.5


def test_known_symmetries_map_shapes_onto_themselves(objects):
    from lookalike_objects import lookalike_set
    from scipy.spatial import cKDTree

    for thing in objects + lookalike_set(0):
        surface = thing.mesh.sample_surface(20_000, seed=0).points
        for turn in thing.shape_symmetry.transforms(thing.diameter, 0.5):
            gap, _ = cKDTree(surface.numpy()).query(turn.apply_points(surface[:500]).numpy())
            assert gap.max() < 0.04 * thing.diameter, thing.name
