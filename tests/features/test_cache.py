"""The cache gives what the features give, computes nothing twice, and stays within its memory."""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from objpose.features import FeatureMap, MapCache

SIDE = 4
MAP_BYTES = SIDE * SIDE * 3 * 4


class Counting:
    """Features whose map is the image; counts the images it is given."""

    stride, dim = 1, 3

    def __init__(self, name: str = "counting", factor: float = 1.0) -> None:
        self.name, self.factor, self.images = name, factor, 0

    def __call__(self, images: Tensor) -> FeatureMap:
        self.images += len(images)
        return FeatureMap(self.factor * images.permute(0, 2, 3, 1), 1.0, 0.0, 0.25)


def images(*values: float) -> Tensor:
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, SIDE, SIDE).clone()


def test_a_second_look_costs_nothing_and_gives_the_same():
    features, cache = Counting(), MapCache()
    first, second = (cache(features, images(0.1, 0.2)) for _ in range(2))
    assert torch.equal(first.descriptors, second.descriptors)
    assert torch.equal(first.descriptors, features(images(0.1, 0.2)).descriptors)
    assert (first.seconds, second.seconds) == (0.25, 0.0)


def test_only_the_images_not_seen_are_computed():
    features, cache = Counting(), MapCache()
    cache(features, images(0.1, 0.2))
    mixed = cache(features, images(0.3, 0.2, 0.3, 0.1))
    assert features.images == 3
    assert mixed.descriptors[:, 0, 0, 0].tolist() == images(0.3, 0.2, 0.3, 0.1)[:, 0, 0, 0].tolist()


def test_the_key_is_the_content_and_the_name():
    cache, image = MapCache(), images(0.1)
    assert cache(Counting("a"), image).descriptors.max() < 0.11
    assert cache(Counting("b", factor=2.0), image).descriptors.max() > 0.19
    image[0, 0, 0, 0] = 0.9  # the same tensor with other content
    assert cache(Counting("a"), image).descriptors.max() == 0.9


def test_an_image_of_another_shape_is_another_image():
    cache, features = MapCache(), Counting()
    cache(features, torch.zeros(1, 3, 2, 8))
    assert cache(features, torch.zeros(1, 3, 8, 2)).descriptors.shape == (1, 8, 2, 3)


def test_the_least_recently_used_map_goes_first():
    features, cache = Counting(), MapCache(max_bytes=2 * MAP_BYTES)
    for value in (0.1, 0.2, 0.1, 0.3):  # 0.2 has waited longest when 0.3 comes
        cache(features, images(value))
    features.images = 0
    cache(features, images(0.1))
    cache(features, images(0.3))
    assert features.images == 0
    cache(features, images(0.2))
    assert features.images == 1


def test_the_memory_stays_within_its_bound():
    features, cache = Counting(), MapCache(max_bytes=3 * MAP_BYTES)
    for start in range(5):
        cache(features, images(*(0.1 * start + 0.01 * i for i in range(7))))
        assert cache.held_bytes <= cache.max_bytes and len(cache) == 3


def test_a_kept_map_does_not_hold_its_batch():
    cache = MapCache()
    cache(Counting(), images(*(0.01 * i for i in range(50))))
    one = cache(Counting(), images(0.01))
    assert one.descriptors.untyped_storage().nbytes() == MAP_BYTES


def test_a_map_larger_than_the_cache_is_not_kept():
    features, cache = Counting(), MapCache(max_bytes=MAP_BYTES - 1)
    assert cache(features, images(0.1)).descriptors.shape == (1, SIDE, SIDE, 3)
    assert len(cache) == 0 and cache.held_bytes == 0


def test_no_images():
    assert MapCache()(Counting(), images()[:0]).descriptors.shape == (0, SIDE, SIDE, 3)


def test_threads_share_it():
    features, cache = Counting(), MapCache(max_bytes=5 * MAP_BYTES)
    wrong = []

    def work(offset: int) -> None:
        for step in range(60):
            value = 0.01 * ((step + offset) % 9)
            if abs(float(cache(features, images(value)).descriptors.max()) - value) > 1e-6:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(cache) == 5 and cache.held_bytes == 5 * MAP_BYTES
