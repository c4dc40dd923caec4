"""The motion network: what its losses teach, its symmetries, training that goes on, its proposals."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from objpose.cameras.learned import train as train_command
from objpose.cameras.learned.checkpoint import load_motion_network, resume, save_checkpoint
from objpose.cameras.learned.network import MotionHypotheses, MotionNetwork, NetworkOptions
from objpose.cameras.learned.proposals import LearnedProposalOptions, propose_motions
from objpose.cameras.learned.rendered_sets import RenderedSets, RenderOptions, procedural_object
from objpose.cameras.learned.training import (
    TrainingOptions,
    contrastive_nll,
    motion_errors,
    train,
    winner_takes_all,
)
from objpose.errors import InputError
from objpose.geometry import SE3, SO3

SMALL = NetworkOptions(image_size=16, width=8, dim=32, layers=1, heads=4, queries=24)
ONE_OBJECT = RenderOptions(objects=1, views=64, image_size=16)


@pytest.fixture
def network() -> MotionNetwork:
    torch.manual_seed(0)
    return MotionNetwork(SMALL).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def random_hypotheses(*shape: int, seed: int = 0) -> MotionHypotheses:
    generator = torch.Generator().manual_seed(seed)
    return MotionHypotheses(SO3.random(shape, generator), torch.randn(*shape, 3, generator=generator))


def test_only_the_closest_hypothesis_is_taught() -> None:
    motions = random_hypotheses(2, 3, 20)
    wxyz = motions.rotations.wxyz.requires_grad_()
    translations = motions.translations.requires_grad_()
    truth_parts = random_hypotheses(2, 3, seed=1)
    truth = SE3.from_rotation_translation(truth_parts.rotations, truth_parts.translations)
    loss = winner_takes_all(motions, truth)
    loss.backward()
    errors = motion_errors(motions, truth)
    assert loss.item() == pytest.approx(float(errors.detach().amin(-1).mean()), rel=1e-5)
    winner = errors.argmin(-1)
    for gradient in (wxyz.grad, translations.grad):
        taught = gradient.norm(dim=-1) > 0
        assert torch.equal(taught.sum(-1), torch.ones(2, 3, dtype=torch.long))
        assert torch.equal(taught.long().argmax(-1), winner)


def test_errors_vanish_at_the_truth_and_ignore_the_sign_of_quaternions() -> None:
    motions = random_hypotheses(1, 2, 5)
    truth = SE3.from_rotation_translation(
        SO3(-motions.rotations.wxyz[..., 3, :]), motions.translations[..., 3, :]
    )
    errors = motion_errors(motions, truth)
    assert float(errors[..., 3].max()) < 1e-3
    assert float(errors[..., [0, 1, 2, 4]].min()) > 0.1


def test_the_likelihood_is_best_when_the_truth_scores_highest() -> None:
    scores = torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(0))
    wrong = torch.ones_like(scores, dtype=torch.bool)
    losses = [
        float(contrastive_nll(scores, torch.full((2, 3), score), wrong)) for score in (-5.0, 0.0, 5.0, 50.0)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == pytest.approx(0.0, abs=1e-6)
    equal = contrastive_nll(torch.zeros(2, 3, 9), torch.zeros(2, 3), wrong[..., :9])
    assert float(equal) == pytest.approx(math.log(10))
    # A hypothesis as good as the truth does not count against it.
    scores[..., 0], wrong[..., 0] = 100.0, False
    assert float(contrastive_nll(scores, torch.full((2, 3), 50.0), wrong)) == pytest.approx(0.0, abs=1e-6)


def test_the_other_images_have_no_order(network: MotionNetwork, images: torch.Tensor) -> None:
    order = torch.tensor([2, 0, 1])
    motions, scores = network(images)
    shuffled, shuffled_scores = network(torch.cat([images[:, :1], images[:, 1:][:, order]], dim=1))
    torch.testing.assert_close(shuffled_scores, scores[:, order])
    torch.testing.assert_close(shuffled.translations, motions.translations[:, order])
    torch.testing.assert_close(shuffled.rotations.wxyz, motions.rotations.wxyz[:, order])


def test_sets_of_a_batch_do_not_mix_and_the_reference_counts(
    network: MotionNetwork, images: torch.Tensor
) -> None:
    motions, _ = network(images)
    alone, _ = network(images[1:])
    torch.testing.assert_close(motions.translations[1:], alone.translations)
    other_reference, _ = network(images[:, [1, 0, 2, 3]])
    assert float((other_reference.translations[:, 1:] - motions.translations[:, 1:]).abs().max()) > 1e-4
    unit = motions.rotations.wxyz.norm(dim=-1)
    torch.testing.assert_close(unit, torch.ones_like(unit))


def test_rendered_sets_show_what_their_motions_say() -> None:
    """The first camera's view of a point, moved by cam_from_ref, is where the other camera sees it."""
    data = RenderedSets(ONE_OBJECT)
    pictures, cam_from_ref = data.sample(torch.Generator().manual_seed(0), 3, 4)
    assert pictures.shape == (3, 4, 3, 16, 16)
    assert float(pictures.min()) >= 0 and float(pictures.max()) <= 1
    views = data.views(0)
    for row in range(3):
        index = [int((views.images - picture).abs().flatten(1).sum(1).argmin()) for picture in pictures[row]]
        cam_from_obj = views.cam_from_obj[index]
        unit = cam_from_obj.translation[0].norm()
        point = torch.tensor([0.3, -0.2, 0.4])
        in_reference = cam_from_obj[0].apply(point) / unit
        torch.testing.assert_close(
            cam_from_ref[row].apply(in_reference), cam_from_obj[1:].apply(point) / unit, atol=1e-4, rtol=0
        )


def test_motions_of_nothing_in_particular_are_spread_as_those_of_sets() -> None:
    data = RenderedSets(ONE_OBJECT)
    motions = data.motions(torch.Generator().manual_seed(0), 4000)
    _, truth = data.sample(torch.Generator().manual_seed(1), 200, 2)
    assert float(motions.rotation.angle().mean()) == pytest.approx(
        float(truth.rotation.angle().mean()), abs=0.15
    )
    assert float(motions.translation.norm(dim=-1).mean()) == pytest.approx(
        float(truth.translation.norm(dim=-1).mean()), abs=0.1
    )


def test_objects_differ_and_repeat() -> None:
    first, again, other = (procedural_object(seed, subdivisions=2) for seed in (0, 0, 1))
    assert torch.equal(first.vertices, again.vertices)
    assert not torch.equal(first.vertices, other.vertices)
    assert float(first.vertices.norm(dim=1).max()) <= 1.0 + 1e-6


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = RenderedSets(ONE_OBJECT)
    options = TrainingOptions(learning_rate=1e-3, sets=4)

    def fresh() -> tuple[MotionNetwork, torch.optim.Optimizer]:
        torch.manual_seed(0)
        network = MotionNetwork(SMALL)
        return network, torch.optim.Adam(network.parameters(), lr=1e-3)

    whole, optimizer = fresh()
    reports = list(train(whole, optimizer, data, range(6), options))
    stopped, optimizer = fresh()
    list(train(stopped, optimizer, data, range(3), options))
    save_checkpoint(tmp_path / "weights.safetensors", stopped, optimizer, 3)
    resumed, optimizer = fresh()
    assert resume(tmp_path / "weights.safetensors", resumed, optimizer) == 3
    rest = list(train(resumed, optimizer, data, range(3, 6), options))
    assert [report.generator_loss for report in rest] == [report.generator_loss for report in reports[3:]]
    for value, expected in zip(resumed.state_dict().values(), whole.state_dict().values(), strict=True):
        assert torch.equal(value, expected)


def test_a_loaded_network_answers_as_the_saved_one(
    tmp_path: Path, network: MotionNetwork, images: torch.Tensor
) -> None:
    save_checkpoint(tmp_path / "w.safetensors", network, torch.optim.Adam(network.parameters()), 0)
    loaded = load_motion_network(tmp_path / "w.safetensors")
    assert loaded.options == network.options
    for found, expected in zip(loaded(images), network(images), strict=True):
        if isinstance(found, torch.Tensor):
            assert torch.equal(found, expected)
        else:
            assert torch.equal(found.rotations.wxyz, expected.rotations.wxyz)


def test_other_files_are_refused(tmp_path: Path, network: MotionNetwork) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_motion_network(tmp_path / "gone.safetensors")
    (tmp_path / "text.safetensors").write_text("weights")
    with pytest.raises(InputError, match="text.safetensors"):
        load_motion_network(tmp_path / "text.safetensors")
    optimizer = torch.optim.Adam(network.parameters())
    save_checkpoint(tmp_path / "w.safetensors", network, optimizer, 0)
    larger = MotionNetwork(NetworkOptions(image_size=16, width=8, dim=64, layers=1, heads=4, queries=24))
    with pytest.raises(InputError, match="the same options"):
        resume(tmp_path / "w.safetensors", larger, torch.optim.Adam(larger.parameters()))


def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "w.safetensors"
    small = ["--out", str(out), "--image-size", "16", "--width", "8", "--dim", "32", "--queries", "8"]
    small += ["--objects", "2", "--sets", "2", "--device", "cpu"]
    train_command.main([*small, "--steps", "2"])
    first = load_motion_network(out)
    train_command.main([*small, "--steps", "3"])
    assert not torch.equal(load_motion_network(out).generator.queries, first.generator.queries)


def test_proposals_are_distinct_weighted_edges(network: MotionNetwork) -> None:
    generator = torch.Generator().manual_seed(0)
    photos = [
        torch.rand(3, height, width, generator=generator) for height, width in ((20, 30), (16, 16), (40, 24))
    ]
    options = LearnedProposalOptions(limit=4, trust=0.6)
    edges = propose_motions(network, photos, options)
    assert [(edge.i, edge.j) for edge in edges] == [(0, 1), (0, 2), (1, 2)]
    for edge in edges:
        assert 1 <= len(edge.rotations) <= 4
        assert 0 < float(edge.weights.sum()) <= 0.6 + 1e-6
        gaps = (SO3(edge.rotations.wxyz[:, None]) @ edge.rotations.inverse()).angle()
        gaps.fill_diagonal_(math.inf)
        assert float(torch.rad2deg(gaps.min())) > options.apart_degrees - 0.1
        lengths = edge.directions.norm(dim=-1)
        torch.testing.assert_close(lengths, torch.ones_like(lengths))


@pytest.mark.slow("trains a network for 500 steps")
def test_training_on_pairs_of_one_object_serves_views_never_seen() -> None:
    torch.manual_seed(0)
    shape = NetworkOptions(image_size=32, width=16, dim=64, layers=1, heads=4, queries=64)
    network = MotionNetwork(shape)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    seen = RenderedSets(RenderOptions(objects=1, views=256, image_size=32))
    reports = list(train(network, optimizer, seen, range(500), TrainingOptions(sets=32)))
    first, last = reports[:20], reports[-20:]
    for loss in ("generator_loss", "discriminator_loss"):
        assert sum(getattr(report, loss) for report in last) < 0.7 * sum(
            getattr(report, loss) for report in first
        )
    # Another number of views draws other cameras around the same object.
    pairs, truth = RenderedSets(RenderOptions(objects=1, views=100, image_size=32)).sample(
        torch.Generator().manual_seed(1), 200, 2
    )
    network.eval()
    right, chance = (chosen_errors(network, images, truth) for images in (pairs, pairs.roll(1, 0)))
    assert float(right.median()) < 35.0
    assert float(chance.median()) > 2 * float(right.median())


def chosen_errors(network: MotionNetwork, images: torch.Tensor, truth: SE3) -> torch.Tensor:
    """Degrees by which the hypotheses of best score miss the true rotations."""
    motions, scores = network(images)
    errors = torch.rad2deg((motions.rotations @ SO3(truth.rotation.wxyz[..., None, :]).inverse()).angle())
    return errors.gather(-1, scores.argmax(dim=-1, keepdim=True))
