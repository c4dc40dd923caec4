"""Places whose border colours move, in a known picture: what was left out comes in, the ground goes."""

import numpy as np
import torch

from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.segmentation.labels import contested
from objpose.segmentation.partition import Partition, partition
from objpose.segmentation.parts import neighbours
from objpose.segmentation.recut import recut

HEIGHT, WIDTH = 120, 160
GROUND, PAINT = (60, 140, 70), (200, 90, 60)


def jug(seed: int = 3) -> tuple[Partition, dict[str, np.ndarray]]:
    """A body, a spout that a dark seam parts from it, a ring of a handle, and the ground in it."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    ring = np.hypot(rows - 60, columns - 105)
    shown = {
        "body": (np.abs(rows - 60) < 30) & (np.abs(columns - 70) < 20),
        "spout": (np.abs(rows - 45) < 6) & (columns > 22) & (columns < 49),
        "handle": (ring < 22) & (ring > 14) & (columns >= 90),
        "inside": (ring <= 14) & (columns >= 90),
    }
    seam = shown["spout"] & (columns > 46)
    picture = np.full((HEIGHT, WIDTH, 3), GROUND, dtype=float)
    for name in ("body", "spout", "handle"):
        picture[shown[name]] = PAINT
    picture[seam] = 30
    noise = np.random.default_rng(seed).normal(0, 4, picture.shape)
    rgb = torch.from_numpy((picture + noise).clip(0, 255).astype(np.uint8))
    camera = Camera.from_K(torch.tensor([[200.0, 0, 80], [0, 200, 60], [0, 0, 1]]), WIDTH, HEIGHT)
    return partition(Frame(rgb, camera), 0.3, 0), shown


def regions_of(scene: Partition, pixels: np.ndarray) -> np.ndarray:
    """(R,) bool: the regions that mostly lie in pixels (H, W) bool."""
    share = scene.regions.sums(pixels[scene.regions.inside][:, None].astype(float))[:, 0]
    return share > scene.areas / 2


def test_a_spout_of_its_colour_comes_in_and_the_ground_in_its_handle_goes():
    scene, shown = jug()
    taken = regions_of(scene, shown["body"] | shown["handle"] | shown["inside"])
    cut = recut(scene, taken, None, neighbours(scene))
    for name, belongs in (("body", True), ("handle", True), ("spout", True), ("inside", False)):
        parts = regions_of(scene, shown[name])
        assert (scene.areas @ (parts & cut) > 0.8 * scene.areas @ parts) == belongs, name


def test_what_is_right_stays():
    scene, shown = jug()
    whole = regions_of(scene, shown["body"] | shown["handle"] | shown["spout"])
    cut = recut(scene, whole, None, neighbours(scene))
    assert scene.areas @ (cut ^ whole) < 0.03 * scene.areas @ whole


def test_small_holes_are_closed_and_rings_stay_open():
    scene, shown = jug()
    ring = regions_of(scene, shown["body"] | shown["handle"])
    open_, closed = scene.mask(ring, 0.01).numpy(), scene.mask(ring).numpy()
    assert closed[shown["inside"]].mean() > 0.9 > 0.1 > open_[shown["inside"]].mean()
    assert (open_ <= closed).all()


def test_a_place_that_is_more_like_another_object_counts_less():
    scores = np.array([[0.4, 0.3], [0.1, 0.3], [0.2, 0.0]])
    ranks = contested(scores)
    assert np.allclose(ranks.max(1), scores.max(1)) and (ranks <= scores + 1e-12).all()
    assert np.allclose([ranks[0, 1], ranks[1, 0]], [0.3 * 0.3 / 0.4, 0.1 * 0.1 / 0.3])
    assert np.allclose(contested(scores[:, :1]), scores[:, :1])
