"""Objects that fall into parts: candidates joined and cut, and what the search makes of it."""

import numpy as np
import pytest
import torch

from objpose.frame import Frame
from objpose.geometry import Camera, Mesh
from objpose.onboarding import onboard
from objpose.segmentation import SegmentationOptions, segment
from objpose.segmentation.partition import partition
from objpose.segmentation.parts import border_strength, neighbours, recombined
from objpose.segmentation.proposals import LARGEST_SHARE, candidates
from tests.segmentation.tabletop import best_overlap
from tests.synthetic import WALL, Flaws, looking, make_scene, printed_box


def before_tiles(seed: int) -> tuple[Frame, torch.Tensor]:
    """A printed box before tiles of colours like those of its print, and its mask."""
    scene = make_scene(printed_box(), looking(seed), Flaws(clutter=True), seed)
    return Frame(scene.frame.rgb, scene.frame.camera), scene.mask


@pytest.fixture(scope="module")
def scene():
    return partition(before_tiles(3)[0], 0.3, seed=0)


@pytest.fixture(scope="module")
def found(scene):
    return candidates(scene, 0.5)


def test_regions_touch_both_ways_and_never_themselves(scene):
    touching = neighbours(scene).toarray()
    assert (touching == touching.T).all() and not touching.diagonal().any()
    labels = scene.regions.labels
    assert touching[labels[:, :-1], labels[:, 1:]][labels[:, :-1] != labels[:, 1:]].all()


def test_what_is_made_is_a_union_with_a_part_that_touches_or_a_rest(scene, found):
    whole, touching = found[[0, 5]], neighbours(scene)
    made, kept, origin = recombined(scene, whole, found, touching)
    assert len(made) == len(np.unique(made.members, axis=0)) > 0
    assert (made.areas == made.members @ scene.areas).all()
    assert (made.areas > 0).all() and (made.areas <= LARGEST_SHARE * scene.regions.labels.size).all()
    assert (kept >= 0).all() and (kept <= 1).all() and (made.scores >= 0).all() and (made.scores <= 1).all()
    for members, start in zip(made.members, whole.members[origin], strict=True):
        more, less = members & ~start, start & ~members
        is_joined = not less.any() and any((more == part & ~start).all() for part in found.members)
        is_cut = not more.any() and any((less == part & start).all() for part in found.members)
        assert is_cut or (is_joined and (touching[more] @ start).any())


def test_a_border_along_strong_edges_is_stronger():
    rgb = torch.full((60, 80, 3), 60, dtype=torch.uint8)
    rgb[15:45, 20:40], rgb[15:45, 40:60] = 90, 220
    scene = partition(Frame(rgb, Camera.from_K([80.0, 0, 40, 0, 80, 30, 0, 0, 1], 80, 60)), 0.3, seed=0)
    labels = scene.regions.labels
    dim, bright = (np.isin(np.arange(scene.regions.count), labels[30, u]) for u in (30, 50))
    of_dim, of_bright, of_both = border_strength(scene, np.stack([dim, bright, dim | bright]))
    assert of_bright > of_both > 0 and of_bright > of_dim > 0


def test_no_candidates_make_none(scene, found):
    made, kept, origin = recombined(scene, found[[0]], found[[]], neighbours(scene))
    assert len(made) == len(kept) == len(origin) == 0


def half_painted_box() -> Mesh:
    """Half of each face is much like WALL, half of it is not."""
    box = printed_box()
    patches = torch.tensor(np.rint(255 * (WALL.numpy() + [0.06, 0.04, -0.03]))).byte().repeat(8, 12, 1)
    patches[:, torch.arange(12) % 4 >= 2] = torch.tensor([40, 70, 170], dtype=torch.uint8)
    texture = patches.repeat_interleave(16, 0).repeat_interleave(16, 1)
    return Mesh(box.vertices, box.faces, uvs=box.uvs, texture=texture.numpy())


@pytest.fixture(scope="module")
def half_painted():
    return onboard(half_painted_box(), "half_painted", units="m", progress=False)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_box_is_put_together_that_half_merges_with_the_wall(seed, half_painted):
    scene = make_scene(half_painted_box(), looking(seed))
    frame = Frame(scene.frame.rgb, scene.frame.camera)
    merged, joined = (
        segment(frame, [half_painted], SegmentationOptions(rounds=rounds))[:3] for rounds in (0, 3)
    )
    assert merged[0].score == joined[0].score  # what is put together keeps the rank of what it comes from
    assert best_overlap(joined, scene.mask) > 0.2 + best_overlap(merged, scene.mask)


def test_with_depth_nothing_is_put_together(half_painted):
    frame = make_scene(half_painted_box(), looking(1)).frame
    one, other = (segment(frame, [half_painted], SegmentationOptions(rounds=rounds)) for rounds in (0, 3))
    assert [each.score for each in one] == [each.score for each in other]
    assert all(torch.equal(a.mask, b.mask) for a, b in zip(one, other, strict=True))
