"""AUC of recovered cameras: by hand, against another program's figures, and where conventions part."""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from bop_eval.camera_auc import AucConvention, area_under_recall, read_motions, score_cameras
from bop_eval.cli import main
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io.photo_cameras import PhotoCamera, write_photo_cameras

SIXTIETHS = AucConvention(area="sixtieths")


def cameras(count: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    found = np.tile(np.eye(4), (count, 1, 1))
    found[:, :3, :3] = Rotation.random(count, rng=random).as_matrix()
    found[:, :3, 3] = random.normal(0, 1, (count, 3))
    return {f"{i}.png": matrix for i, matrix in enumerate(found)}


def disturbed(truth: dict[str, np.ndarray], degrees: float, seed: int = 1) -> dict[str, np.ndarray]:
    """Each camera with another R, and the same t."""
    random = np.random.default_rng(seed)
    found = {name: matrix.copy() for name, matrix in truth.items()}
    for matrix in found.values():
        turn = Rotation.from_rotvec(random.normal(0, np.radians(degrees), 3)).as_matrix()
        matrix[:3, :3] = turn @ matrix[:3, :3]
    return found


def other_program(estimate: dict, truth: dict, thresholds: tuple[float, ...]) -> dict[float, float]:
    """The same by plain loops: the larger of two angles, recall at 60 steps, 180 where a photo is missing."""
    errors = []
    centres = [-m[:3, :3].T @ m[:3, 3] for m in truth.values()]
    extent = np.linalg.norm(np.ptp(centres, axis=0))
    for a, b in itertools.combinations(sorted(truth), 2):
        if a not in estimate or b not in estimate:
            errors.append(180.0)
            continue
        est, gt = (m[b] @ np.linalg.inv(m[a]) for m in (estimate, truth))
        turn = np.degrees(np.arccos(np.clip((np.trace(est[:3, :3].T @ gt[:3, :3]) - 1) / 2, -1, 1)))
        u, v = est[:3, 3], gt[:3, 3]
        cosine = np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1)
        same = np.linalg.norm(v) < 1e-3 * extent
        errors.append(max(turn, 0.0 if same else np.degrees(np.arccos(cosine))))
    found = np.array(errors)
    return {t: np.mean([(found < k).mean() for k in np.linspace(0, t, 61)[1:]]) for t in thresholds}


@pytest.mark.parametrize("missing", [0, 2])
def test_it_agrees_with_plain_loops(missing: int) -> None:
    truth = cameras(9, seed=0)
    truth["again.png"] = truth["3.png"].copy()  # from the same place
    estimate = dict(list(disturbed(truth, 4).items())[missing:])
    found = score_cameras(estimate, truth, (5, 10, 30), SIXTIETHS)
    expected = other_program(estimate, truth, (5, 10, 30))
    assert found.auc == pytest.approx(expected, abs=1e-12)
    assert 0.1 < found.auc[30] < 0.9 and (found.placed, found.photos, found.pairs) == (10 - missing, 10, 45)


def test_a_similarity_of_the_world_changes_nothing() -> None:
    truth = cameras(6, seed=2)
    estimate = disturbed(truth, 3)
    old_from_new = np.eye(4)
    old_from_new[:3, :3] = Rotation.from_euler("xyz", [1, 2, 3]).as_matrix()
    old_from_new[:3, 3] = 4, 5, 6
    moved = {}
    for name, matrix in estimate.items():
        cam_from_new = matrix @ old_from_new
        cam_from_new[:3, 3] *= 7.5
        moved[name] = cam_from_new
    for area in ("exact", "degrees", "sixtieths"):
        convention = AucConvention(area)
        assert score_cameras(estimate, truth, (10,), convention).auc == pytest.approx(
            score_cameras(moved, truth, (10,), convention).auc
        )
    assert score_cameras(truth, truth).auc == {5: 1.0, 10: 1.0, 30: 1.0}


def test_areas_by_hand() -> None:
    """Errors of 2 and 4 degrees, of two pairs, up to 10: recall is 0, 1/2 from 2 on, then 1 from 4 on."""
    errors = np.array([2.0, 4.0])
    assert area_under_recall(errors, 10, "degrees") == pytest.approx((0 + 0 + 0.5 + 0.5 + 6 * 1) / 10)
    # Straight between (0, 0), (2, 1/2), (4, 1) and (10, 1).
    assert area_under_recall(errors, 10, "exact") == pytest.approx((0.5 + 1.5 + 6) / 10)
    steps = np.arange(1, 61) / 6
    expected = ((steps > 2) / 2 + (steps > 4) / 2).mean()
    assert area_under_recall(errors, 10, "sixtieths") == pytest.approx(expected)
    assert area_under_recall(np.array([50.0]), 10, "exact") == 0


def test_signs_angles_and_places() -> None:
    truth = cameras(3, seed=3)
    mirrored = {name: matrix * np.array([1, 1, 1, -1.0]) for name, matrix in truth.items()}
    for matrix in mirrored.values():
        matrix[3, 3] = 1
    assert score_cameras(mirrored, truth, (30,)).auc[30] == 0
    assert score_cameras(mirrored, truth, (30,), AucConvention(sign="unsigned")).auc[30] == pytest.approx(1)
    assert score_cameras(mirrored, truth, (30,), AucConvention(angle="rotation")).auc[30] == pytest.approx(1)
    assert score_cameras(mirrored, truth, (30,), AucConvention(angle="direction")).auc[30] == 0
    twice = truth | {"again.png": truth["0.png"]}
    apart = {name: matrix.copy() for name, matrix in twice.items()}
    apart["again.png"][0, 3] += 1e-9
    assert score_cameras(apart, twice).pairs == 6 and score_cameras(apart, twice).auc[5] == pytest.approx(1)
    assert score_cameras(apart, twice, convention=AucConvention(same_place="left-out")).pairs == 5


def test_cameras_all_in_one_place_gain_nothing_by_it() -> None:
    """Estimates without any baseline have no direction: 90 degrees wrong, not 0."""
    truth = cameras(4, seed=4)
    still = {name: matrix.copy() for name, matrix in truth.items()}
    for matrix in still.values():
        matrix[:3, 3] = 0
    assert score_cameras(still, truth, (30,)).auc[30] == 0


def write(path: Path, found: dict[str, np.ndarray]) -> Path:
    camera = Camera.from_K(torch.tensor([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), 640, 480)
    motions = {name: SE3.from_matrix(torch.from_numpy(matrix)) for name, matrix in found.items()}
    write_photo_cameras(path, [PhotoCamera(name, camera, motion) for name, motion in motions.items()])
    return path


def test_the_command_says_its_convention(tmp_path: Path, capsys, monkeypatch) -> None:
    truth = cameras(5, seed=5)
    estimate = write(tmp_path / "estimate.json", dict(list(disturbed(truth, 3).items())[1:]))
    whole = write(tmp_path / "truth.json", truth)
    report = tmp_path / "report.json"
    chosen = ["--photos", "0.png,1.png,2.png", "--at", "10", "--area", "degrees", "--json", report]
    arguments = ["bop-eval", "poses-auc", estimate, "--truth", whole, *chosen]
    monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
    main()
    printed = capsys.readouterr().out
    assert printed.startswith("2 of 3 photos placed, 3 pairs\nAUC@10 0.") and "bins of one degree" in printed
    assert json.loads(report.read_text())["convention"]["area"] == "degrees"
    with pytest.raises(InputError, match="no camera of 9.png"):
        read_motions(whole, ["9.png"])
    with pytest.raises(InputError, match="1 photos"):
        score_cameras(truth, {"0.png": truth["0.png"]})
    with pytest.raises(InputError, match="one of exact, degrees"):
        AucConvention(area="bins")
