"""Putting the answer together: frames, units, confidences, reasons, alternatives, points."""

from __future__ import annotations

import numpy as np
import torch

from objpose.cameras.answer.confidence import pair_confidences
from objpose.cameras.answer.recovered import RecoveredPhoto, RecoveredScene, no_points, se3
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.pairs.problem import Problem
from objpose.cameras.placing.growth import Grown, least_evidence
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.settle import observed_rays
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.relative import inverse
from objpose.cameras.scene.views import View
from objpose.geometry import SE3, Camera
from objpose.io import SparsePoints

Island = tuple[Grown, dict[int, PhotoReview], list[Grown]]
# Below this confidence a photo that is placed says why it is doubted.
DOUBTED = 0.9
# An alternative must hold this share of the belief to be worth telling.
WORTH_TELLING = 0.05
# Nats by which a rival must be behind to have e times less belief; evidence counts matches that are not
# independent.
TEMPERATURE = 30.0


def assemble(
    photos: list[Photo],
    problem: Problem,
    islands: list[Island],
    known_distance: tuple[str, str, float] | None,
    seconds: dict[str, float],
    trust: float = 1.0,
) -> RecoveredScene:
    """The answer for all photos. Each island's frame is that of its most trusted camera.

    trust: of the matches, as in MatchedPhotos.
    """
    answers: dict[int, RecoveredPhoto] = {}
    points = [no_points()]
    confidence = torch.eye(len(photos), dtype=torch.float64)
    is_metric = False
    alternatives: tuple[tuple[dict[str, SE3], float], ...] = ()
    for number, (grown, reviews, rivals) in enumerate(islands):
        frame = _Frame(problem, grown, known_distance)
        is_metric |= frame.is_metric
        uncertainty = Uncertainty(problem.views, grown.placement)
        pairs, root = pair_confidences(grown, reviews, uncertainty, trust)
        for (a, b), chance in pairs.items():
            confidence[a, b] = confidence[b, a] = chance
        frame.origin = grown.placement.cams_from_world[root]
        for index in grown.placement.cams_from_world:
            answers[index] = _placed(
                problem, frame, index, number, confidence[index], root, reviews, uncertainty
            )
        points.append(_points(photos, problem, grown, frame))
        if number == 0:
            alternatives = _alternatives(problem, grown, rivals)
    for index in set(range(len(photos))) - set(answers):
        answers[index] = _left_out(problem, index, islands)
    ordered = tuple(answers[index] for index in range(len(photos)))
    return RecoveredScene(
        ordered, _joined(points), confidence, is_metric, seconds, alternatives, tuple(photos)
    )


def _alternatives(
    problem: Problem, grown: Grown, rivals: list[Grown]
) -> tuple[tuple[dict[str, SE3], float], ...]:
    """Rival placements of the same photos that are worth telling, with their shares of the belief."""
    mine = grown.placement.cams_from_world.keys()
    same = [one for one in rivals if one.placement.cams_from_world.keys() == mine]
    ahead = np.array([0.0, *(one.evidence - grown.evidence for one in same)]) / TEMPERATURE
    belief = np.exp(ahead - ahead.max()) / np.exp(ahead - ahead.max()).sum()
    found = []
    for one, share in zip(same, belief[1:], strict=True):
        cams = one.placement.cams_from_world.items()
        if share > WORTH_TELLING:
            found.append(({problem.views[index].name: se3(cam) for index, cam in cams}, float(share)))
    return tuple(found)


class _Frame:
    """From a placement's frame and unit to the answer's."""

    def __init__(self, problem: Problem, grown: Grown, known_distance: tuple[str, str, float] | None):
        cams = grown.placement.cams_from_world
        self.origin = np.eye(4)
        self.unit = grown.placement.extent
        self.is_metric = False
        if known_distance is not None:
            places = {problem.views[index].name: inverse(cam)[:3, 3] for index, cam in cams.items()}
            first, second, metres = known_distance
            if first in places and second in places:
                self.unit = float(np.linalg.norm(places[first] - places[second])) / metres
                self.is_metric = True

    def camera(self, cam_from_old: np.ndarray) -> np.ndarray:
        """(4, 4) cam_from_world."""
        cam_from_world = cam_from_old @ inverse(self.origin)
        cam_from_world[:3, 3] /= self.unit
        return cam_from_world

    def points(self, points: np.ndarray) -> np.ndarray:
        """(P, 3) in the world."""
        return (points @ self.origin[:3, :3].T + self.origin[:3, 3]) / self.unit


def _placed(
    problem: Problem,
    frame: _Frame,
    index: int,
    island: int,
    confidences: torch.Tensor,
    root: int,
    reviews: dict[int, PhotoReview],
    uncertainty: Uncertainty,
) -> RecoveredPhoto:
    view, found = problem.views[index], reviews[index]
    others = [int(one) for one in uncertainty.order if one != index]
    chance = float(confidences[others].max() if index == root else confidences[root])
    units = np.repeat([1.0 / frame.unit, 1.0], 3)
    covariance = torch.from_numpy(uncertainty.covariance(index) * np.outer(units, units))
    rival = _rival(found)
    alternatives = () if rival is None else ((se3(frame.camera(rival[0])), rival[1]),)
    cam_from_world = se3(frame.camera(uncertainty.cams[index]))
    chance = chance if island == 0 else 0.0
    return RecoveredPhoto(
        view.name,
        _camera(view),
        cam_from_world,
        chance,
        island,
        covariance,
        found.evidence,
        _doubt(chance, found, island, uncertainty, index, root),
        alternatives,
    )


def _rival(found: PhotoReview) -> tuple[np.ndarray, float] | None:
    """The best other place of a photo with its share of the belief, if it is worth telling."""
    if found.rival is None:
        return None
    behind = found.evidence - found.rival.evidence
    share = float(1.0 / (1.0 + np.exp(np.clip(behind / TEMPERATURE, -50.0, 50.0))))
    return (found.rival.cam_from_world, share) if share > WORTH_TELLING else None


def _doubt(
    chance: float, found: PhotoReview, island: int, uncertainty: Uncertainty, index: int, root: int
) -> str | None:
    parts = [] if island == 0 else [f"stands in frame {island} of its own group, not related to frame 0"]
    if chance < DOUBTED:
        parts.append(f"evidence of {found.evidence:.0f} nats")
        if _rival(found) is not None:
            parts.append(f"another place has {found.rival.evidence:.0f}")
        sigma = uncertainty.pair_degrees(root, index) if index != root else 0.0
        if sigma > 5.0:
            parts.append(f"the matches leave {min(sigma, 180.0):.0f} degrees open")
    return "; ".join(parts) or None


def _left_out(problem: Problem, index: int, islands: list[Island]) -> RecoveredPhoto:
    view = problem.views[index]
    best = max(
        (found[0].evidence for pair, found in problem.hypotheses.items() if index in pair), default=0.0
    )
    if not len(view.features):
        reason = "no features found: the photo is too dark, too blurred or without texture"
    else:
        placed = len(islands[0][0].placement.cams_from_world) if islands else 1
        reason = (
            f"its matches fit no better than chance: {best:.0f} nats with the best other photo, "
            f"{least_evidence(placed):.0f} needed; it shows something else, or from too far aside"
        )
    return RecoveredPhoto(view.name, _camera(view), None, 0.0, evidence=best, reason=reason)


def _camera(view: View) -> Camera:
    return Camera.from_K(view.K, view.width, view.height)


def _points(photos: list[Photo], problem: Problem, grown: Grown, frame: _Frame) -> SparsePoints:
    """The points with the colour of their first observation."""
    tracks, placement = grown.placement.tracks, grown.placement
    rays = observed_rays(problem, tracks)
    pixels = np.zeros((len(rays), 2))
    rgb = np.zeros((tracks.count, 3), dtype=np.uint8)
    for index in placement.cams_from_world:
        view, mine = problem.views[index], tracks.view == index
        pixels[mine] = view.features.keypoints[tracks.keypoint[mine]]
        columns, rows = np.round(pixels[mine]).astype(np.int64).T
        rows, columns = rows.clip(0, view.height - 1), columns.clip(0, view.width - 1)
        rgb[tracks.track[mine]] = photos[index].image[rows, columns]
    return SparsePoints(frame.points(placement.points), rgb, tracks.track, tracks.view, pixels)


def _joined(parts: list[SparsePoints]) -> SparsePoints:
    offsets = np.cumsum([0, *(len(part.xyz) for part in parts)])
    return SparsePoints(
        np.concatenate([part.xyz for part in parts]),
        np.concatenate([part.rgb for part in parts]),
        np.concatenate([part.point + offset for part, offset in zip(parts, offsets, strict=False)]),
        np.concatenate([part.photo for part in parts]),
        np.concatenate([part.pixels for part in parts]),
    )
