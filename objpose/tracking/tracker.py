"""Tracker: frames in, the state of each object out, at the rate of a camera."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType

from objpose.errors import InputError
from objpose.estimator import OBJECTS, PoseEstimate
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.given import as_list, as_options, as_pose, described
from objpose.objects import ObjectModel
from objpose.tracking.body import Body
from objpose.tracking.clock import Clock
from objpose.tracking.finding import Finder, Found
from objpose.tracking.occluders import occluders
from objpose.tracking.options import TrackerOptions
from objpose.tracking.seeking import Looked
from objpose.tracking.sight import Occluders, Sight, Straightener
from objpose.tracking.state import TrackState
from objpose.work import share, within

SEARCHES = ("background", "wait", "never")
AGAIN = 0.15  # seconds of the frames' time between two looks at whole pictures that wait

Start = SE3 | PoseEstimate | Mapping[str, SE3 | PoseEstimate]


class Tracker:
    """Follows onboarded objects through the frames of one camera, either of which may move.

    models: whose names differ, one or several; they may hide each other. start: poses cam_from_obj () in the
    first frame, metres: one where one object is tracked, else by name; what has none is looked for. Frames
    may have depth or not, each for itself.

    What is lost is looked for near where it was last seen, and in whole pictures as `options.search` says.
    `latest` may be asked from any thread; the other methods wait for each other. `close`, or a `with` block,
    ends the thread that searches.

    Raises:
        InputError: no objects, names that are not different, starts of other objects, options out of range.
    """

    def __init__(
        self,
        models: ObjectModel | Sequence[ObjectModel],
        start: Start | None = None,
        options: TrackerOptions = TrackerOptions(),  # noqa: B008 - frozen
    ):
        models = as_list(models, "models", ObjectModel, *OBJECTS)
        self.options = options = _checked(as_options(options, TrackerOptions))
        self._bodies = {model.name: Body(model, options.agility) for model in models}
        if not models or len(self._bodies) < len(models):
            names = sorted(model.name for model in models)
            found = f"names {names}"
            raise InputError("models", found, "different names, one at least", "onboard with name=")
        self._finder = Finder(models, options.seed)
        self._straightener, self._clock = Straightener(), Clock()
        self._lock, self._latest = threading.Lock(), tuple[TrackState, ...]()
        self._next_look = -math.inf
        for name, cam_from_obj in self._starts(start).items():
            self.reset(name, cam_from_obj)

    def update(self, frame: Frame, timestamp: float | None = None) -> tuple[TrackState, ...]:
        """The states of the objects in this frame, in the order of the models.

        timestamp: seconds, growing from frame to frame; None: frames come 30 times a second.

        Raises:
            InputError: what is no Frame, times that do not grow.
        """
        if not isinstance(frame, Frame):
            cure = "objpose.Frame(rgb, camera, depth); call update once for each"
            raise InputError("frame", described(frame), "a Frame", cure)
        with self._lock, within():
            elapsed = self._clock.tick(timestamp)
            sight = self._straightener.sight(frame)
            found = self._found(frame)
            then = sight if found.frame in (None, frame) else self._straightener.sight(found.frame)
            for body in self._bodies.values():
                body.predict(elapsed)
            hiding = self._hiding(sight)
            now = self._clock.now
            assert now is not None  # it ticked

            def follow(body: Body) -> TrackState:
                name = body.model.name
                looked = Looked(then, found.estimates.get(name, ()), found.refused)
                return body.follow(replace(sight, occluders=hiding.get(name)), now, looked)

            self._latest = tuple(share(follow, self._bodies.values()))
            return self._latest

    def latest(self) -> tuple[TrackState, ...]:
        """The states of the last frame, in any thread; none before the first."""
        return self._latest

    def reset(self, name: str, cam_from_obj: SE3 | PoseEstimate) -> None:
        """Say where an object is in the frame given last, or before any in the first: pose () in metres.

        Raises:
            InputError: another object's name, or no single pose.
        """
        if name not in self._bodies:
            known = f"one of {', '.join(self._bodies)}"
            raise InputError("name", described(name), known, "give the name of an object that is tracked")
        given = cam_from_obj.cam_from_obj if isinstance(cam_from_obj, PoseEstimate) else cam_from_obj
        with self._lock:
            self._bodies[name].begin(as_pose(given, f"start of {name}"))

    def close(self) -> None:
        """End the thread that searches."""
        self._finder.close()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _starts(self, start: Start | None) -> Mapping[str, SE3 | PoseEstimate]:
        if start is None:
            return {}
        if isinstance(start, Mapping):
            return start
        if isinstance(start, PoseEstimate):
            return {start.object: start}
        if len(self._bodies) > 1:
            found = f"one pose for {len(self._bodies)} objects"
            raise InputError("start", found, "poses by the objects' names", "give {name: cam_from_obj}")
        return {next(iter(self._bodies)): start}

    def _hiding(self, sight: Sight) -> dict[str, Occluders]:
        """What the followed objects hide of each other, where they are expected."""
        expected = {name: body.expected for name, body in self._bodies.items()}
        known = {name: pose for name, pose in expected.items() if pose is not None}
        return occluders({name: self._bodies[name].model for name in known}, known, sight)

    def _found(self, frame: Frame) -> Found:
        """What a look at a whole picture has to say now; the next one is begun."""
        missing = [name for name, body in self._bodies.items() if body.is_missing]
        search, now = self.options.search, self._clock.now
        assert now is not None  # it ticked
        if search == "never" or (not missing and search == "wait"):
            return Found()
        if search == "wait":
            if now < self._next_look:
                return Found()
            self._next_look = now + AGAIN
            return self._finder.look(frame, missing)
        found = self._finder.answer() or Found()
        if missing:
            self._finder.ask(frame, missing)
        return found


def _checked(options: TrackerOptions) -> TrackerOptions:
    if options.search not in SEARCHES:
        known = f"one of {', '.join(SEARCHES)}"
        raise InputError("search", repr(options.search), known, "choose one of them")
    if not 0 <= options.agility <= 1:
        raise InputError("agility", f"{options.agility}", "from 0, smooth, to 1, fast", "0.5 follows hands")
    return options
