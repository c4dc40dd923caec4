"""PoseEstimator: inputs, determinism, confidence and covariance."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator, Target
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.poses import RGBD
from tests.poses.mugs import hidden_handle
from tests.synthetic import (
    CAMERA,
    HEIGHT,
    LEFT,
    REAL,
    RIGHT,
    WIDTH,
    Scene,
    assert_same_estimate,
    joined_scene,
    looking,
    make_scene,
    onboarded,
    shifted,
    surface_error,
)

PAIR = ["printed_box", "mug"]


@pytest.fixture(scope="module")
def blob_scene() -> Scene:
    return make_scene(onboarded("painted_blob").mesh, looking(1), REAL)


@pytest.fixture(scope="module")
def pair_scene() -> tuple[Frame, list[Target], list[SE3]]:
    """A box and a mug side by side."""
    truths = [shifted(looking(1), LEFT), shifted(looking(0), RIGHT)]
    box, mug = (make_scene(onboarded(n).mesh, pose, REAL) for n, pose in zip(PAIR, truths, strict=True))
    frame, *masks = joined_scene(box, mug)
    return frame, [Target(n, mask) for n, mask in zip(PAIR, masks, strict=True)], truths


def pair_estimates(frame: Frame, targets: list[Target], **options: object) -> dict[str, PoseEstimate]:
    estimator = PoseEstimator([onboarded(name) for name in PAIR], EstimatorOptions(**options))
    return {estimate.object: estimate for estimate in estimator.estimate(frame, targets)}


@pytest.fixture(scope="module")
def pair_found(pair_scene: tuple[Frame, list[Target], list[SE3]]) -> dict[str, PoseEstimate]:
    return pair_estimates(*pair_scene[:2], threads=1)


@pytest.fixture(scope="module")
def blob_found(blob_scene: Scene) -> PoseEstimate:
    [estimate] = PoseEstimator([onboarded("painted_blob")]).estimate(blob_scene.frame, blob_scene.mask)
    return estimate


def test_several_objects_are_found_in_one_call(
    pair_scene: tuple[Frame, list[Target], list[SE3]], pair_found: dict[str, PoseEstimate]
) -> None:
    _, targets, truths = pair_scene
    for index, (name, truth) in enumerate(zip(PAIR, truths, strict=True)):
        estimate = pair_found[name]
        assert surface_error(onboarded(name), estimate.cam_from_obj, truth) < 0.03
        assert estimate.target == index and targets[index].object == name


def own_confidence(estimate: PoseEstimate) -> float:
    """What it would be if nobody were asked of the frame's inputs."""
    return estimate.confidence / (
        float(estimate.stats["picture_trust"]) * float(estimate.stats["mirror_trust"])
    )


def test_the_answer_does_not_depend_on_threads_order_or_company(
    pair_scene: tuple[Frame, list[Target], list[SE3]], pair_found: dict[str, PoseEstimate]
) -> None:
    frame, targets, _ = pair_scene
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        threaded = pair_estimates(frame, targets, threads=2)
        torch.set_num_threads(1)
        turned = pair_estimates(frame, targets[::-1])
        alone = pair_estimates(frame, targets[1:])
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    for name in PAIR:
        assert_same_estimate(threaded[name], pair_found[name])
        assert_same_estimate(turned[name], pair_found[name])
    # Of the frame's depth, and of a mirror, each object tells: that is all that company changes.
    unasked = [replace(each["mug"], confidence=own_confidence(each["mug"])) for each in (alone, pair_found)]
    assert unasked[0].confidence == pytest.approx(unasked[1].confidence, rel=1e-9)
    assert_same_estimate(*(replace(each, confidence=0.0) for each in unasked))
    assert turned["mug"].target == 0 and alone["mug"].target == 0


def test_masks_come_as_arrays_lists_or_targets(blob_scene: Scene, blob_found: PoseEstimate) -> None:
    estimator = PoseEstimator([onboarded("painted_blob")])
    mask = blob_scene.mask.numpy()
    for masks in (mask, [mask], mask[None], [Target("painted_blob", mask)], mask.astype(np.uint8) * 255):
        [estimate] = estimator.estimate(blob_scene.frame, masks)
        assert_same_estimate(estimate, blob_found)


def test_estimates_come_best_first_with_their_target(blob_scene: Scene) -> None:
    """Two instances: one whole, one cut off by its mask."""
    estimator = PoseEstimator([onboarded("painted_blob")])
    half = blob_scene.mask.clone()
    half[:, : int(half.nonzero()[:, 1].float().mean())] = False
    found = estimator.estimate(blob_scene.frame, [half, blob_scene.mask])
    assert [estimate.target for estimate in found] == [1, 0]
    assert found[0].score > found[1].score


def depth_beside(scene: Scene) -> Frame:
    """A frame that measured nothing on the object."""
    return Frame(scene.frame.rgb, CAMERA, torch.where(scene.mask, 0.0, scene.frame.depth))


BLOB, BOTH = ["painted_blob"], ["painted_blob", "can"]
EMPTY = np.zeros((HEIGHT, WIDTH), bool)
SMALL = np.ones((24, 32), bool)
BAD_CALLS = {
    "an unknown name": (BLOB, None, lambda s: [Target("pot", s.mask)], "target: found object 'pot', .*_blob"),
    "whose mask?": (BOTH, None, lambda s: s.mask, "masks: found a bare mask with 2 objects, .*give Target"),
    "an empty mask": (BLOB, None, lambda s: EMPTY, "mask 0 .painted_blob.: found no pixel set"),
    "one of them empty": (BLOB, None, lambda s: [s.mask, EMPTY], "mask 1 .painted_blob.: found no pixel set"),
    "another size": (BLOB, None, lambda s: SMALL, "mask 0 .painted_blob.: found 32 x 24"),
    "a mask without depth": (
        BLOB,
        depth_beside,
        lambda s: s.mask,
        "mask of painted_blob: .* measured points",
    ),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_calls_are_refused_with_the_cure(case: str, blob_scene: Scene) -> None:
    names, spoil, masks, complaint = BAD_CALLS[case]
    frame = spoil(blob_scene) if spoil else blob_scene.frame
    estimator = PoseEstimator([onboarded(name) for name in names])
    with pytest.raises(InputError) as refusal:
        estimator.estimate(frame, masks(blob_scene))
    assert re.match(complaint, str(refusal.value)) and "\n" not in str(refusal.value)


def test_an_estimator_needs_objects_of_different_names() -> None:
    with pytest.raises(InputError, match="objects: found none.*onboard a mesh first"):
        PoseEstimator([])
    with pytest.raises(InputError, match="objects: found names .*'can', 'can'.*onboard with name="):
        PoseEstimator([onboarded("can"), onboarded("can")])


def test_a_mask_without_depth_among_others_is_left_out_with_a_warning(
    blob_scene: Scene, blob_found: PoseEstimate
) -> None:
    depth = blob_scene.frame.depth.clone()
    blind = torch.zeros_like(blob_scene.mask)
    blind[5:40, 5:40] = True
    depth[blind] = 0.0
    frame = Frame(blob_scene.frame.rgb, CAMERA, depth)
    with pytest.warns(UserWarning, match="mask of painted_blob: found 0 measured points"):
        [estimate] = PoseEstimator([onboarded("painted_blob")]).estimate(frame, [blind, blob_scene.mask])
    assert estimate.target == 1
    assert_same_estimate(estimate, blob_found)


def test_missing_depth_is_told_with_the_estimate(blob_scene: Scene) -> None:
    lost = torch.rand(blob_scene.mask.shape, generator=torch.Generator().manual_seed(0)) < 0.7
    frame = Frame(blob_scene.frame.rgb, CAMERA, blob_scene.frame.depth * ~lost)
    [estimate] = PoseEstimator([onboarded("painted_blob")]).estimate(frame, blob_scene.mask)
    assert "% of the mask of painted_blob has depth" in estimate.warnings[0]


def test_the_right_object_is_believed_more_than_a_wrong_one(
    blob_scene: Scene, blob_found: PoseEstimate
) -> None:
    for name in ("mug", "printed_box", "can"):
        [wrong] = PoseEstimator([onboarded(name)]).estimate(blob_scene.frame, blob_scene.mask)
        assert 0 <= wrong.confidence < 0.5 < blob_found.confidence <= 1
        assert wrong.score < blob_found.score


def test_covariances_are_symmetric_and_positive(
    pair_found: dict[str, PoseEstimate], blob_found: PoseEstimate
) -> None:
    for estimate in (*pair_found.values(), blob_found):
        assert estimate.covariance.shape == (6, 6)
        assert torch.equal(estimate.covariance, estimate.covariance.T)
        assert bool((torch.linalg.eigvalsh(estimate.covariance) > 0).all())


def test_a_bottle_is_least_sure_of_its_turn() -> None:
    model = onboarded("can")
    scene = make_scene(model.mesh, looking(2), REAL)
    [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    turn = estimate.covariance[3:, 3:]
    axis = estimate.cam_from_obj.rotation.apply(torch.tensor([0.0, 0.0, 1.0])).double()
    about = float(axis @ turn @ axis)
    across = float(turn.trace() - about) / 2
    assert about > 100 * across


def test_a_mug_that_hides_its_handle_is_less_sure_of_its_turn() -> None:
    model, doubts = onboarded("mug"), []
    for seed in (2, 1):  # handle behind the body, handle in view
        scene = make_scene(model.mesh, looking(seed), REAL, seed)
        [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
        axis = estimate.cam_from_obj.rotation.apply(torch.tensor([0.0, 0.0, 1.0])).double()
        doubts.append(float(axis @ estimate.covariance[3:, 3:] @ axis))
    hidden, seen = doubts
    assert hidden > 20 * seen


def measured(scene: Scene, seed: int) -> Frame:
    """The frame as cameras have it: depth off by parts in a thousand as a whole, shifted against colour."""
    rng = np.random.default_rng(seed)
    gain, shift = 1 + rng.normal(scale=0.002), rng.normal(scale=0.5, size=2)
    depth = gain * ndimage.shift(scene.frame.depth.numpy(), shift, order=0, mode="nearest")
    return Frame(scene.frame.rgb, CAMERA, depth.astype(np.float32))


def test_errors_are_as_large_as_the_covariance_says() -> None:
    """Squared errors in sigmas have the middle of a chi-squared of 6, 5.35, up to twice the sigma."""
    model, squared = onboarded("printed_box"), []
    for seed in range(9):
        scene = make_scene(model.mesh, looking(seed), REAL, seed)
        [estimate] = PoseEstimator([model]).estimate(measured(scene, seed), scene.mask)
        error = (scene.cam_from_obj @ estimate.cam_from_obj.inverse()).log().double()
        squared.append(float(error @ torch.linalg.solve(estimate.covariance, error)))
    assert 5.35 / 4 < np.median(squared) < 5.35 * 4


def test_covariance_moves_with_the_frame() -> None:
    """Of information about the centre alone: no doubt of the shift of the centre, wherever the object is."""
    information = torch.diag(torch.tensor([1e12] * 3 + [1e6] * 3))
    for distance in (0.5, 2.0):
        pose = SE3.from_rotation_translation(torch.eye(3), torch.tensor([0.0, 0.0, distance]))
        covariance = RGBD.covariance(information, pose, torch.zeros(3), 0.1)
        row = torch.tensor([1.0, 0, 0, 0, distance, 0], dtype=torch.float64)  # x of the centre: v_x + w_y z
        centre, origin = float(row @ covariance @ row), float(covariance[0, 0])
        assert centre < 1e-3 * origin
        assert origin == pytest.approx(distance**2 * float(covariance[4, 4]), rel=1e-2)


def test_alternatives_are_other_poses_in_order(pair_found: dict[str, PoseEstimate]) -> None:
    for name, estimate in pair_found.items():
        shares = [other.share for other in estimate.alternatives]
        assert shares == sorted(shares, reverse=True)
        assert estimate.share + sum(shares) == pytest.approx(1.0, abs=1e-5)
        for other in estimate.alternatives:
            assert surface_error(onboarded(name), other.cam_from_obj, estimate.cam_from_obj) > 0.05


def test_a_hidden_handle_has_alternatives() -> None:
    """A mug may be turned a little while its handle is behind the body, and the confidence is shared."""
    model = onboarded("mug")
    scene = make_scene(model.mesh, hidden_handle(), REAL)
    [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    assert len(estimate.alternatives) > 0 and estimate.confidence < 0.9
    for other in estimate.alternatives:
        assert surface_error(model, other.cam_from_obj, estimate.cam_from_obj) > 0.05


def test_symmetric_poses_are_no_alternatives() -> None:
    model = onboarded("can")
    scene = make_scene(model.mesh, looking(0), REAL)
    [estimate] = PoseEstimator([model]).estimate(scene.frame, scene.mask)
    for other in estimate.alternatives:
        assert surface_error(model, other.cam_from_obj, estimate.cam_from_obj) > 0.05


def test_estimates_tell_how_they_came_about(blob_found: PoseEstimate) -> None:
    assert {"matched", "searched", "judged", "scene_points"} <= set(blob_found.stats)
    parts = blob_found.stats
    assert blob_found.score == pytest.approx(parts["geometry"] * parts["appearance"], rel=1e-5)
    assert 0 < parts["visible"] <= 1
    assert blob_found.timings and all(seconds >= 0 for seconds in blob_found.timings.values())
    assert blob_found.object == "painted_blob" and blob_found.warnings == ()
