"""One tracked object: where it is, how it moves, and whether it is lost."""

from __future__ import annotations

import time
from typing import NamedTuple

from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import left_covariance
from objpose.tracking.fitting import Fit
from objpose.tracking.lifecycle import GONE, SURE, Lifecycle
from objpose.tracking.motion import Motion
from objpose.tracking.reasons import reason
from objpose.tracking.region.region import UPDATE_RATE
from objpose.tracking.seeking import Known, Looked, Seeker
from objpose.tracking.sight import Sight
from objpose.tracking.state import TrackState

ERROR_CORRELATION = 30.0  # neighbouring lines err together: as so many times fewer of them


class Came(NamedTuple):
    """Where a frame found it, and how it moved."""

    cam_from_mesh: SE3  # (), trusted
    velocity: Tensor
    is_known: bool


class Body:
    """Follows one object; `predict`, then `follow`, once for each frame."""

    def __init__(self, model: ObjectModel, agility: float):
        self.model = model
        self.life = Lifecycle()
        self.seeker = Seeker(model, self.life)
        self.fitter = self.seeker.fitter
        self.motion = Motion(self.fitter.views.centre, agility)
        self.cam_from_mesh: SE3 | None = None  # () of the last frame: trusted, doubted, or on trial
        self.trusted: SE3 | None = None  # () the last one that was trusted
        self._before: Sight | None = None
        self._came: Came | None = None
        self._predicted: SE3 | None = None
        self._elapsed = 0.0
        self._is_it = 1.0  # chance that what is followed is the object at all

    @property
    def is_missing(self) -> bool:
        """Whether it should be looked for in whole pictures."""
        return not self.life.is_followed and not self.life.agreed

    @property
    def expected(self) -> SE3 | None:
        """The pose () of its mesh that this frame is looked at from; None where it is not followed."""
        return self._predicted if self.life.is_followed else None

    def begin(self, cam_from_obj: SE3) -> None:
        """It is told to be there, in the frame followed last, or in the first."""
        self.cam_from_mesh = self.trusted = told = self.model.cam_from_mesh(cam_from_obj)
        self.life.begin()
        self._is_it = 1.0
        self.seeker.doubt.begin()
        self._compare(told)
        self.motion.stop()
        if self._came is not None and self.seeker.moved(self._came.cam_from_mesh, told) < self.model.diameter:
            self.motion.velocity, self.motion.is_known = self._came.velocity, self._came.is_known
            self.motion.saw(self._came.cam_from_mesh, told, self._elapsed)
        if self._before is not None:
            self.fitter.learn(self._before, self.cam_from_mesh, anew=True)

    def predict(self, elapsed: float) -> None:
        """So many seconds passed."""
        self._elapsed, self._came = elapsed, None
        if self.cam_from_mesh is not None and self.life.is_trusted:
            self._came = Came(self.cam_from_mesh, self.motion.velocity, self.motion.is_known)
        if self.cam_from_mesh is not None:
            self._predicted = self.motion.predicted(self.cam_from_mesh, elapsed)

    def follow(self, sight: Sight, now: float, looked: Looked) -> TrackState:
        """Its state in a frame, and where a look at a whole picture saw it."""
        began = time.perf_counter()
        fit = self._fit(sight, looked)
        likely = 0.0 if fit is None else self._is_it * fit.likely
        if fit is None:
            self.life.missed()
        else:
            self._take(sight, fit, likely)
        self._before = sight
        return self._state(fit, likely, now, looked.refused, began)

    def _fit(self, sight: Sight, looked: Looked) -> Fit | None:
        known = Known(self.cam_from_mesh, self._predicted, self.trusted, self._elapsed, self._is_it)
        if self._predicted is not None and (self.life.is_followed or self.life.agreed):
            return self.seeker.followed(sight, known)
        found = self.seeker.found(sight, known, looked)
        if found is None:
            return None
        self._is_it, fit = found
        return fit

    def _take(self, sight: Sight, fit: Fit, likely: float) -> None:
        was_followed = self.life.is_followed or self.life.agreed > 0
        self.life.followed(likely, fit.there)
        if fit.there >= SURE:
            self._compare(fit.cam_from_mesh)
        self._move(fit.cam_from_mesh, fit.there, was_followed)
        if self.life.is_trusted:
            self.trusted = fit.cam_from_mesh
        if self.life.is_followed and fit.there >= SURE:
            # The likelier, the more: who learns from what is doubtful takes the background for the object.
            self.fitter.learn(sight, fit.cam_from_mesh, UPDATE_RATE * fit.there)
            self.seeker.doubt.trusted(fit.evidence.misfit)

    def _compare(self, cam_from_mesh: SE3) -> None:
        """The prediction with where it was found."""
        if self._predicted is not None:
            off = self.seeker.moved(self._predicted, cam_from_mesh)
            self.seeker.doubt.came_astray(off / self.model.diameter)

    def _move(self, cam_from_mesh: SE3, there: float, was_followed: bool) -> None:
        """To where it was found, or on as it went where that is unlikely; the doubtful tells no velocity."""
        before, self.cam_from_mesh = self.cam_from_mesh, cam_from_mesh
        if not was_followed or before is None:
            self.motion.stop()
        elif there < GONE:
            self.motion.fade(self._elapsed)
            self.cam_from_mesh = self._predicted
        elif self._elapsed > 0:
            self.motion.saw(before, cam_from_mesh, self._elapsed, min(there / SURE, 1.0))

    def _state(self, fit: Fit | None, likely: float, now: float, refused: str, began: float) -> TrackState:
        is_followed = self.life.is_followed
        shown = self.cam_from_mesh if is_followed else self.trusted
        is_found = fit is not None and shown is fit.cam_from_mesh  # not where it is only expected
        return TrackState(
            object=self.model.name,
            status=self.life.status,
            cam_from_obj=None if shown is None else self.model.cam_from_obj(shown),
            confidence=likely if is_followed else 0.0,
            covariance=self._covariance(fit) if fit is not None and is_found else None,
            velocity=self.motion.velocity.clone() if is_followed else None,
            timestamp=now,
            reason=reason(self.life, fit, likely, refused),
            latency=time.perf_counter() - began,
            stats={} if fit is None else fit.evidence.stats(),
        )

    def _covariance(self, fit: Fit) -> Tensor:
        information = fit.information / ERROR_CORRELATION
        return left_covariance(information, fit.cam_from_mesh, self.fitter.views.centre, self.model.diameter)
