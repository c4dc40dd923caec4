"""Colour histograms: what light does to them, and what it does not."""

import numpy as np
import pytest
import torch

from objpose.segmentation.color import BINS, color_bins, histograms, hue_and_tone, softened

GENERATOR = torch.Generator().manual_seed(5)
PATCH = torch.rand(4000, 3, generator=GENERATOR) * torch.tensor([0.5, 0.3, 0.2]) + 0.05


def likeness(one: torch.Tensor, other: torch.Tensor) -> float:
    counts = [histograms(color_bins(colors), np.zeros(len(colors)), 1) for colors in (one, other)]
    return float((softened(counts[0]) * softened(counts[1])).sum())


def test_a_histogram_is_like_itself_alone():
    assert likeness(PATCH, PATCH) == pytest.approx(1.0, abs=1e-5)
    assert likeness(PATCH, PATCH.flip(-1)) < 0.75


@pytest.mark.parametrize("gain", [0.6, 1.5, 1.9])
def test_the_strength_of_light_changes_little(gain):
    assert likeness(PATCH, gain * PATCH) > 0.93


def test_veiling_light_leaves_the_hue():
    veiled = 0.7 * PATCH + 0.15
    hue, veiled_hue = (hue_and_tone(colors)[:, :2] for colors in (PATCH, veiled))
    angle = torch.nn.functional.cosine_similarity(hue, veiled_hue)
    assert angle.min() > 0.9999
    assert likeness(PATCH, veiled) > likeness(PATCH, PATCH.flip(-1))


def test_grey_has_no_hue_and_brightness_is_its_tone():
    grey = torch.tensor([[0.1, 0.1, 0.1], [0.8, 0.8, 0.8]])
    tones = hue_and_tone(grey)
    assert tones[:, :2].abs().max() < 1e-3 and tones[1, 2] > tones[0, 2]


def test_every_pixel_counts_for_its_owner():
    owner = torch.randint(3, (len(PATCH),), generator=GENERATOR).numpy()
    counts = histograms(color_bins(PATCH), owner, 3)
    assert counts.shape == (3, BINS)
    np.testing.assert_array_equal(counts.sum(1), np.bincount(owner))


def test_an_empty_histogram_is_like_nothing():
    assert softened(np.zeros((1, BINS), dtype=np.float32)).max() == 0.0
