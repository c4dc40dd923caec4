"""Visual words: retrieval works, and the pitfalls of the published code stay avoided."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

from objpose.features import VisualWords


def clustered(templates: int = 12, seed: int = 0, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Descriptors of templates that each mix 6 of 20 tight clusters, and the templates' ids."""
    generator = torch.Generator().manual_seed(seed)
    places = scale * torch.randn(20, 8, generator=generator)
    chosen = torch.stack([torch.randperm(20, generator=generator)[:6] for _ in range(templates)])
    which = chosen.repeat_interleave(5, dim=1).flatten()
    noise = 0.1 * scale * torch.randn(len(which), 8, generator=generator)
    return places[which] + noise, torch.arange(templates).repeat_interleave(30)


def cosine(one: Tensor, other: Tensor) -> Tensor:
    return torch.nn.functional.normalize(one, dim=-1) @ torch.nn.functional.normalize(other, dim=-1).T


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_half_a_template_with_noise_retrieves_it_in_any_unit(scale: float):
    """The published sigma of 10 belongs to one backbone: far from its unit all weights are equal, or none."""
    descriptors, ids = clustered(scale=scale)
    words = VisualWords.fit(descriptors, ids, 20)
    noise = 0.05 * scale * torch.randn(descriptors.shape, generator=torch.Generator().manual_seed(9))
    query = words.histogram((descriptors + noise)[::2], ids[::2], 12)
    templates = words.histogram(descriptors, ids, 12)
    assert torch.equal(cosine(query, templates).argmax(1), torch.arange(12))


def test_the_unit_of_the_descriptors_changes_nothing():
    histograms = []
    for scale in (1.0, 64.0):  # a power of two scales without rounding
        descriptors, ids = clustered()
        words = VisualWords.fit(scale * descriptors, ids, 20)
        histograms.append(words.histogram(scale * descriptors, ids, 12))
    torch.testing.assert_close(*histograms, atol=1e-4, rtol=0)


def test_the_templates_descriptors_as_a_query_give_the_templates_histogram():
    """Published: distances squared on one side and not on the other."""
    descriptors, ids = clustered()
    words = VisualWords.fit(descriptors, ids, 20)
    templates = words.histogram(descriptors, ids, 12)
    one = words.histogram(descriptors[ids == 3], torch.zeros(30, dtype=torch.long), 1)
    torch.testing.assert_close(one[0], templates[3])


def test_weights_fall_with_the_squared_distance():
    words = VisualWords(torch.tensor([[0.0], [1.0], [3.0], [50.0]]), torch.ones(4), sigma=0.8)
    index, weights = words.weights(torch.tensor([[0.2]]))
    assert index.tolist() == [[0, 1, 2]]
    expected = torch.tensor([0.2, 0.8, 2.8]).square().div(-2 * 0.8**2).exp()
    torch.testing.assert_close(weights[0], expected / expected.sum())


@pytest.mark.parametrize("distance", [0.0, 1.0, 1e4])
def test_every_descriptor_counts_once(distance: float):
    """Published: weights of unit L2 norm, so that a descriptor between words counts up to sqrt(3) times."""
    descriptors, ids = clustered()
    words = VisualWords.fit(descriptors, ids, 20)
    _, weights = words.weights(descriptors + distance)
    torch.testing.assert_close(weights.sum(1), torch.ones(len(descriptors)))


def test_tf_is_the_share_of_the_descriptors():
    descriptors, ids = clustered()
    words = VisualWords.fit(descriptors, ids, 20)
    tf = words.histogram(descriptors, ids, 12) / words.idf
    torch.testing.assert_close(tf.sum(1), torch.ones(12))
    doubled = words.histogram(descriptors.repeat(2, 1), ids.repeat(2), 12)
    torch.testing.assert_close(doubled, words.histogram(descriptors, ids, 12))


def test_idf_counts_templates_and_is_finite_for_words_that_none_has(monkeypatch):
    """Published: log(N / 0) is infinite. The middle word is nearest to no descriptor."""
    centres = torch.tensor([[0.0], [4.0], [10.0]])
    monkeypatch.setattr("objpose.features.words._cluster", lambda *_: centres)
    descriptors = torch.tensor([[0.1], [0.2], [-0.1], [9.9]])
    words = VisualWords.fit(descriptors, torch.tensor([0, 0, 1, 2]), 3)
    expected = 1 + torch.log(torch.tensor([4 / 3, 4 / 1, 4 / 2]))
    torch.testing.assert_close(words.idf, expected)
    found = words.histogram(torch.tensor([[4.0]]), torch.tensor([0]), 1)
    assert found.isfinite().all() and found.argmax() == 1


def test_rare_words_weigh_more_than_common_ones():
    descriptors, ids = torch.tensor([[0.0], [0.0], [0.0], [9.0]]), torch.tensor([0, 1, 2, 2])
    words = VisualWords.fit(descriptors, ids, 2)
    rare = words.centres[:, 0] > 5
    assert float(words.idf[rare]) > float(words.idf[~rare]) > 0


def test_an_object_of_one_patch():
    words = VisualWords.fit(torch.ones(1, 4), torch.tensor([0]), 1024)
    assert len(words) == 1
    histogram = words.histogram(torch.rand(3, 4), torch.tensor([0, 0, 2]), 3)
    assert histogram.isfinite().all()
    assert (histogram[[0, 2]] > 0).all() and (histogram[1] == 0).all()


def test_one_template_keeps_its_histogram():
    """log(N / n) would be zero for all its words, and its cosine undefined."""
    descriptors, _ = clustered(templates=1)
    words = VisualWords.fit(descriptors, torch.zeros(30, dtype=torch.long), 4)
    assert (words.histogram(descriptors, torch.zeros(30, dtype=torch.long), 1) > 0).any()


def test_fewer_distinct_descriptors_than_words():
    descriptors = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).repeat(10, 1)
    words = VisualWords.fit(descriptors, torch.arange(20), 100)
    torch.testing.assert_close(words.centres, torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
    _, weights = words.weights(descriptors)
    assert weights[:, 0].min() > 0.5


def test_no_two_words_are_equal():
    """Many equal descriptors must not take many words."""
    plain = torch.zeros(500, 3)
    rest = torch.randn(100, 3, generator=torch.Generator().manual_seed(0))
    words = VisualWords.fit(torch.cat([plain, rest]), torch.zeros(600, dtype=torch.long), 64)
    assert len(torch.unique(words.centres, dim=0)) == len(words) == 64


@pytest.mark.filterwarnings("error")
def test_a_word_that_loses_all_its_descriptors_stays_without_a_warning(monkeypatch):
    def cluster(sample: np.ndarray, start: np.ndarray, **options):
        start[0] = 1e3  # no descriptor is near
        return kmeans2(sample, start, **options)

    monkeypatch.setattr("objpose.features.words.kmeans2", cluster)
    descriptors, ids = clustered()
    words = VisualWords.fit(descriptors, ids, 10)
    torch.testing.assert_close(words.centres[0], torch.full((8,), 1e3))
    torch.testing.assert_close(words.idf[0], 1 + torch.tensor(13.0).log())


def test_the_same_seed_gives_the_same_words():
    descriptors, ids = clustered()
    one, same, other = (VisualWords.fit(descriptors, ids, 10, seed).centres for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_no_descriptors_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        VisualWords.fit(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), 2)
