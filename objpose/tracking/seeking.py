"""Where an object is in a frame: near where it is expected, around that, anywhere, or where a look saw it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.tracking.doubt import Doubt
from objpose.tracking.fitting import Fit, Fitter
from objpose.tracking.lifecycle import SURE, Lifecycle
from objpose.tracking.portion import FRAME, Portion, portion
from objpose.tracking.sight import Sight

NEARER = 1.5  # nats by which where its motion leads is likelier than any place around
# Times the distance that it was trusted at last, which are tried in turn: what is lost comes and goes.
NEARER_OR_FURTHER = 1.0, 0.87, 1.15
APART = 0.1  # diameters between where it was and where it is expected, from which both are searched around


class Looked(NamedTuple):
    """What a look at a whole picture says of one object."""

    sight: Sight  # the frame that was looked at
    places: Sequence[PoseEstimate] = ()  # where it may be, best first
    refused: str = ""  # why the frame could not be searched, in words


class Known(NamedTuple):
    """Of an object, when a frame comes."""

    before: SE3 | None  # () where the last frame had it
    expected: SE3 | None  # () where its motion leads
    trusted: SE3 | None  # () where it was trusted last
    elapsed: float  # seconds since the last frame
    is_it: float  # chance that what was followed is the object at all


class Seeker:
    """Of one object."""

    def __init__(self, model: ObjectModel, life: Lifecycle):
        self.model, self.fitter, self.doubt = model, Fitter(model), Doubt()
        self._life = life
        self._searched = 0  # portions of searches around

    def followed(self, sight: Sight, known: Known) -> Fit:
        """From where it is expected, and where it was."""
        assert known.before is not None and known.expected is not None  # it is followed
        if not self.fitter.knows_colours:
            self.fitter.learn(sight, known.expected)
        fit = self._near_or_around(sight, self._centres(known.before, known.expected), known.elapsed)
        if self._life.is_long_doubted:
            least = fit.odds + NEARER
            found = self._anywhere(sight, known, portion(known.elapsed, self._life.doubted), least)
            fit = found if found.odds > least else fit
        return self.fitter.told_apart(sight, fit)

    def found(self, sight: Sight, known: Known, looked: Looked) -> tuple[float, Fit] | None:
        """Of what is not followed, with the chance that it is the thing; None where nobody knows a place."""
        self.doubt.wake()
        tried = list(self._tries(sight, known, looked))
        return max(tried, key=lambda one: one[0] * one[1].likely) if tried else None

    def moved(self, before: SE3, after: SE3) -> float:
        """Metres that a point of it moves by at most, from one pose () to another."""
        points = self.fitter.views.surface_points[0]
        return float((after.apply_points(points) - before.apply_points(points)).norm(dim=-1).max())

    def _tries(self, sight: Sight, known: Known, looked: Looked) -> Iterator[tuple[float, Fit]]:
        """Fits, up to the first sure one."""
        for place in looked.places:
            chance, fit = self._chance_of(place, known), self._tried(sight, place, looked.sight, known)
            fit = self.fitter.told_apart(sight, fit)
            yield chance, fit
            if chance * fit.likely >= SURE:
                return  # what was learnt to try it is of its colours
        if known.trusted is not None:
            yield known.is_it, self.fitter.told_apart(sight, self._lost(sight, known))

    def _lost(self, sight: Sight, known: Known) -> Fit:
        """By the place found last, if that is any good; else around where it was trusted, and anywhere.

        Frames that have time for a portion only do these two in turn.
        """
        assert known.trusted is not None and known.expected is not None  # it was seen
        found, elapsed = [], known.elapsed + FRAME  # what the rest of a frame takes is left
        if self._life.weak == 0:
            near = self.fitter.near(sight, known.expected)
            found.append(self.fitter.settled(sight, near, known.expected))
            if found[0].odds > 0:
                return found[0]
            elapsed = known.elapsed
        turn, is_second = divmod(self._life.doubted, 2)
        does_both, part = portion(known.elapsed, turn).is_all, portion(elapsed, turn)
        if does_both or not is_second:
            found.append(self.fitter.around(sight, known.trusted[None], part))
        if does_both or is_second:
            found.append(self._anywhere(sight, known, part))
        return max(found, key=lambda fit: fit.odds)

    def _anywhere(self, sight: Sight, known: Known, part: Portion, least: float = -math.inf) -> Fit:
        """About as far off as where it was trusted last; least: see `Fitter.around`."""
        assert known.trusted is not None  # it was seen
        depth = float(known.trusted.apply(self.fitter.views.centre)[2])
        depth *= NEARER_OR_FURTHER[part.index % len(NEARER_OR_FURTHER)]
        return self.fitter.anywhere(sight, depth, part, least)

    def _near_or_around(self, sight: Sight, centres: SE3, elapsed: float) -> Fit:
        """By the first of poses (k,); where that is not clear, all around each of them.

        A frame that has time for a portion of that alone either searches or settles what is near.
        """
        part, near = portion(elapsed, self._searched), self.fitter.near(sight, centres[0])
        if part.is_all and not self._is_believed(near, centres[0]):
            near = self.fitter.settled(sight, near, centres[0])
        if self._is_believed(near, centres[0]):
            return near
        if not self.doubt.searches(near, elapsed, part):
            return near if part.is_all else self.fitter.settled(sight, near, centres[0])
        self._searched += 1
        around = self.fitter.around(sight, centres, part, near.odds + NEARER)
        is_better = around.odds > near.odds + NEARER
        self.doubt.looked(is_better, part)
        return around if is_better else near

    def _is_believed(self, near: Fit, start: SE3) -> bool:
        return self.doubt.believes(near, self.moved(start, near.cam_from_mesh) / self.model.diameter)

    def _centres(self, before: SE3, expected: SE3) -> SE3:
        """Where its motion leads, and where it was if that is elsewhere."""
        is_apart = self.moved(before, expected) > APART * self.model.diameter
        return SE3.stack([expected, before]) if is_apart else expected[None]

    def _tried(self, sight: Sight, place: PoseEstimate, then: Sight, known: Known) -> Fit:
        """A place in the frame that was looked at then, some time ago: colours are as they were there."""
        cam_from_mesh = self._on_its_branch(self.model.cam_from_mesh(place.cam_from_obj), known.trusted)
        if not self._life.seen:
            self.fitter.learn(then, cam_from_mesh, anew=True)
        return self._near_or_around(sight, cam_from_mesh[None], known.elapsed)

    def _chance_of(self, place: PoseEstimate, known: Known) -> float:
        """That a place found in a whole picture is the object's. What was never seen is known by it alone: a
        shape of the background, whose colours are learned to try it, agrees with itself in every frame. What
        was seen is as likely it as what was followed then.
        """
        found = max(place.confidence, place.confidence_in_image)
        return max(found, known.is_it) if self._life.seen else found

    def _on_its_branch(self, cam_from_mesh: SE3, trusted: SE3 | None) -> SE3:
        """Of the poses that are equal by symmetry, the one turned least from the last trusted."""
        if trusted is None or self.model.symmetry.is_trivial:
            return cam_from_mesh
        equal = cam_from_mesh[None] @ self.model.symmetry.transforms(self.model.diameter)
        turned = (equal.rotation @ trusted.rotation.inverse()).angle()
        return equal[int(turned.argmin())]
