"""One tracked object: where it is, how it moves, and whether it is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import left_covariance
from objpose.tracking.evidence import RGB
from objpose.tracking.fitting import Fit, Fitter
from objpose.tracking.lifecycle import SURE, Lifecycle
from objpose.tracking.motion import Motion
from objpose.tracking.sight import Sight
from objpose.tracking.state import Status, TrackState

POOR = 1.4, 0.03  # times the usual misfit, and nats more, from which the object is searched all around
USUAL = 0.1  # nats that an outline misfits until it is known better
MEMORY = 0.1  # share of a new frame in what is usual
ERROR_CORRELATION = 30.0  # neighbouring lines err together: as so many times fewer of them


class Body:
    """Follows one object; `predict`, then `follow`, once for each frame."""

    def __init__(self, model: ObjectModel, agility: float):
        self.model = model
        self.fitter = Fitter(model)
        self.life = Lifecycle()
        self.motion = Motion(self.fitter.views.centre, agility)
        self.cam_from_mesh: SE3 | None = None  # () of the last frame: trusted, doubted, or on trial
        self.trusted: SE3 | None = None  # () the last one that was trusted
        self.usual = USUAL  # misfit of trusted frames
        self._before: Sight | None = None
        self._predicted: SE3 | None = None
        self._elapsed = 0.0

    @property
    def is_missing(self) -> bool:
        """Whether it should be looked for in whole pictures."""
        return not self.life.is_followed and self.life.agreed == 0

    @property
    def expected(self) -> SE3 | None:
        """The pose () that this frame is looked at from; None where the object is not followed."""
        return self._predicted if self.life.is_followed else None

    def begin(self, cam_from_obj: SE3) -> None:
        """It is told to be there, in the frame followed last, or in the first."""
        self.cam_from_mesh = self.trusted = self.model.cam_from_mesh(cam_from_obj)
        self.life.begin()
        self.motion.stop()
        self.usual = USUAL
        if self._before is not None:
            self.fitter.learn(self._before, self.cam_from_mesh, anew=True)

    def predict(self, elapsed: float) -> None:
        """So many seconds passed."""
        self._elapsed = elapsed
        if self.cam_from_mesh is not None:
            self._predicted = self.motion.predicted(self.cam_from_mesh, elapsed)

    def follow(
        self, sight: Sight, now: float, places: Sequence[PoseEstimate] | None, refused: str
    ) -> TrackState:
        """Its state in a frame; places: where a look at a whole picture saw it, None if there was none."""
        began = time.perf_counter()
        fit = self._fit(sight, places or ())
        likely = 0.0 if fit is None else RGB.chance(fit.evidence)
        if fit is None:
            self.life.missed()
        else:
            self._take(sight, fit, likely)
        self._before = sight
        return self._state(fit, likely, now, time.perf_counter() - began)

    def _fit(self, sight: Sight, places: Sequence[PoseEstimate]) -> Fit | None:
        if self._predicted is not None and (self.life.is_followed or self.life.agreed):
            if not self.fitter.knows_colours:
                self.fitter.learn(sight, self._predicted)
            return self._near_or_around(sight, self._predicted)
        tried = [self._tried(sight, place) for place in places]
        if self.trusted is not None:
            tried.append(self.fitter.around(sight, self.trusted[None]))
        return max(tried, key=_odds, default=None)

    def _near_or_around(self, sight: Sight, predicted: SE3) -> Fit:
        """Where its motion leads; where that fits worse than usual, all around, also around where it was."""
        near = self.fitter.near(sight, predicted)
        factor, more = POOR
        if near.evidence.misfit <= factor * self.usual + more:
            return near
        assert self.cam_from_mesh is not None  # it was predicted from there
        around = self.fitter.around(sight, SE3.stack([predicted, self.cam_from_mesh]))
        return max(near, around, key=_odds)

    def _tried(self, sight: Sight, place: PoseEstimate) -> Fit:
        cam_from_mesh = self._on_its_branch(self.model.cam_from_mesh(place.cam_from_obj))
        if not self.fitter.knows_colours:
            self.fitter.learn(sight, cam_from_mesh)
        return self.fitter.near(sight, cam_from_mesh)

    def _on_its_branch(self, cam_from_mesh: SE3) -> SE3:
        """Of the poses that are equal by symmetry, the one turned least from the last trusted."""
        if self.trusted is None or self.model.symmetry.is_trivial:
            return cam_from_mesh
        equal = cam_from_mesh[None] @ self.model.symmetry.transforms(self.model.diameter)
        turned = (equal.rotation @ self.trusted.rotation.inverse()).angle()
        return equal[int(turned.argmin())]

    def _take(self, sight: Sight, fit: Fit, likely: float) -> None:
        was_followed = self.life.is_followed or self.life.agreed > 0
        self.life.followed(likely)
        if was_followed and self.cam_from_mesh is not None and self._elapsed > 0:
            self.motion.saw(self.cam_from_mesh, fit.cam_from_mesh, self._elapsed)
        else:
            self.motion.stop()
        self.cam_from_mesh = fit.cam_from_mesh
        if likely >= SURE and self.life.is_followed:
            self.trusted = fit.cam_from_mesh
            self.fitter.learn(sight, fit.cam_from_mesh)
            self.usual = (1 - MEMORY) * self.usual + MEMORY * fit.evidence.misfit

    def _state(self, fit: Fit | None, likely: float, now: float, latency: float) -> TrackState:
        status = self.life.status
        shown = self.cam_from_mesh if self.life.is_followed else self.trusted
        covariance = None if fit is None or shown is None else self._covariance(fit)
        return TrackState(
            object=self.model.name,
            status=status,
            cam_from_obj=None if shown is None else self.model.cam_from_obj(shown),
            confidence=likely if self.life.is_followed else 0.0,
            covariance=covariance,
            velocity=self.motion.velocity.clone() if self.life.is_followed else None,
            timestamp=now,
            reason="",
            latency=latency,
            stats={} if fit is None else fit.evidence.stats(),
        )

    def _covariance(self, fit: Fit) -> Tensor:
        information = fit.information / ERROR_CORRELATION
        return left_covariance(information, fit.cam_from_mesh, self.fitter.views.centre, self.model.diameter)


def _odds(fit: Fit) -> float:
    return RGB.odds(fit.evidence)
