"""One tracked object: where it is, how it moves, and whether it is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor

from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import left_covariance
from objpose.tracking.doubt import Doubt
from objpose.tracking.fitting import Fit, Fitter
from objpose.tracking.lifecycle import GONE, SURE, Lifecycle
from objpose.tracking.motion import Motion
from objpose.tracking.portion import portion
from objpose.tracking.reasons import reason
from objpose.tracking.region.region import UPDATE_RATE
from objpose.tracking.sight import Sight
from objpose.tracking.state import TrackState

NEARER = 1.5  # nats by which where its motion leads is likelier than any place around
APART = 0.1  # diameters between where it was and where it is expected, from which both are searched around
ERROR_CORRELATION = 30.0  # neighbouring lines err together: as so many times fewer of them


class Looked(NamedTuple):
    """What a look at a whole picture says of one object."""

    sight: Sight  # the frame that was looked at
    places: Sequence[PoseEstimate] = ()  # where it may be, best first
    refused: str = ""  # why the frame could not be searched, in words


class Came(NamedTuple):
    """Where a frame found it, and how it moved."""

    cam_from_mesh: SE3  # (), trusted
    velocity: Tensor
    is_known: bool


class Body:
    """Follows one object; `predict`, then `follow`, once for each frame."""

    def __init__(self, model: ObjectModel, agility: float):
        self.model = model
        self.fitter = Fitter(model)
        self.life = Lifecycle()
        self.motion = Motion(self.fitter.views.centre, agility)
        self.cam_from_mesh: SE3 | None = None  # () of the last frame: trusted, doubted, or on trial
        self.trusted: SE3 | None = None  # () the last one that was trusted
        self._doubt = Doubt()
        self._before: Sight | None = None
        self._came: Came | None = None
        self._predicted: SE3 | None = None
        self._elapsed = 0.0
        self._searched = 0  # portions of searches around
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
        self._doubt.begin()
        self._compare(told)
        self.motion.stop()
        if self._came is not None and self._moved(self._came.cam_from_mesh, told) < self.model.diameter:
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
        if self._predicted is not None and (self.life.is_followed or self.life.agreed):
            if not self.fitter.knows_colours:
                self.fitter.learn(sight, self._predicted)
            fit = self._near_or_around(sight, self._centres(self._predicted))
            fit = self._elsewhere(sight, fit) if self.life.is_long_doubted else fit
            return self.fitter.told_apart(sight, fit)
        self._doubt.wake()
        tried = list(self._tries(sight, looked))
        if not tried:
            return None
        self._is_it, best = max(tried, key=lambda one: one[0] * one[1].likely)
        return best

    def _tries(self, sight: Sight, looked: Looked) -> Iterator[tuple[float, Fit]]:
        """Fits of what is not followed, up to the first sure one; with the chance that each is the thing."""
        for place in looked.places:
            chance, fit = self._chance_of(place), self._tried(sight, place, looked.sight)
            fit = self.fitter.told_apart(sight, fit)
            yield chance, fit
            if chance * fit.likely >= SURE:
                return  # what was learnt to try it is of its colours
        if self.trusted is not None:
            part = portion(self._elapsed, self.life.doubted)
            there = self._elsewhere(sight, self.fitter.around(sight, self.trusted[None], part))
            yield self._is_it, self.fitter.told_apart(sight, there)

    def _elsewhere(self, sight: Sight, fit: Fit) -> Fit:
        """The fit, or a better one of a part of all places, at the distance it was last trusted at."""
        assert self.trusted is not None  # it was seen
        depth = float(self.trusted.apply(self.fitter.views.centre)[2])
        part = portion(self._elapsed, self.life.doubted)
        found = self.fitter.anywhere(sight, depth, part, fit.odds + NEARER)
        return found if found.odds > fit.odds + NEARER else fit

    def _near_or_around(self, sight: Sight, centres: SE3) -> Fit:
        """By the first of poses (k,); where that is not clear, all around each of them.

        A frame that has time for a portion of that alone either searches or settles what is near.
        """
        part, near = portion(self._elapsed, self._searched), self.fitter.near(sight, centres[0])
        if part.is_all and not self._is_believed(near, centres[0]):
            near = self.fitter.settled(sight, near, centres[0])
        if self._is_believed(near, centres[0]):
            return near
        if not self._doubt.searches(near, self._elapsed, part):
            return near if part.is_all else self.fitter.settled(sight, near, centres[0])
        self._searched += 1
        around = self.fitter.around(sight, centres, part, near.odds + NEARER)
        is_better = around.odds > near.odds + NEARER
        self._doubt.looked(is_better, part)
        return around if is_better else near

    def _is_believed(self, near: Fit, start: SE3) -> bool:
        off = self._moved(start, near.cam_from_mesh) / self.model.diameter
        return self._doubt.believes(near, off)

    def _centres(self, predicted: SE3) -> SE3:
        """Where its motion leads, and where it was if that is elsewhere."""
        before = self.cam_from_mesh
        assert before is not None  # it was predicted from there
        is_apart = self._moved(before, predicted) > APART * self.model.diameter
        return SE3.stack([predicted, before]) if is_apart else predicted[None]

    def _moved(self, before: SE3, after: SE3) -> float:
        """Metres that a point of it moves by at most, from one pose () to another."""
        points = self.fitter.views.surface_points[0]
        return float((after.apply_points(points) - before.apply_points(points)).norm(dim=-1).max())

    def _tried(self, sight: Sight, place: PoseEstimate, then: Sight) -> Fit:
        """A place in the frame that was looked at then, some time ago: colours are as they were there."""
        cam_from_mesh = self._on_its_branch(self.model.cam_from_mesh(place.cam_from_obj))
        if not self.life.seen:
            self.fitter.learn(then, cam_from_mesh, anew=True)
        return self._near_or_around(sight, cam_from_mesh[None])

    def _chance_of(self, place: PoseEstimate) -> float:
        """That a place found in a whole picture is the object's. What was never seen is known by it alone: a
        shape of the background, whose colours are learned to try it, agrees with itself in every frame. What
        was seen is as likely it as what was followed then.
        """
        found = max(place.confidence, place.confidence_in_image)
        return max(found, self._is_it) if self.life.seen else found

    def _on_its_branch(self, cam_from_mesh: SE3) -> SE3:
        """Of the poses that are equal by symmetry, the one turned least from the last trusted."""
        if self.trusted is None or self.model.symmetry.is_trivial:
            return cam_from_mesh
        equal = cam_from_mesh[None] @ self.model.symmetry.transforms(self.model.diameter)
        turned = (equal.rotation @ self.trusted.rotation.inverse()).angle()
        return equal[int(turned.argmin())]

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
            self._doubt.trusted(fit.evidence.misfit)

    def _compare(self, cam_from_mesh: SE3) -> None:
        """The prediction with where it was found."""
        if self._predicted is not None:
            self._doubt.came_astray(self._moved(self._predicted, cam_from_mesh) / self.model.diameter)

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
