"""A track: frame by frame on a timeline, where each object is, was and how far that is trusted."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from objpose.io.videos import VideoPictures
from objpose.overlay import STATUS_COLORS
from objpose.tracking import TrackState
from objpose.viewing.ellipsoids import Ellipsoid, ellipsoids, show_ellipsoids, telling_points
from objpose.viewing.frames import LINE, PHOTO, show_photo, thumbnail
from objpose.viewing.objects import place, show_object
from objpose.viewing.server import start_beside_camera
from objpose.viewing.timeline import draw_timeline
from objpose.viewing.track_file import TrackResult

if TYPE_CHECKING:
    from viser import ViserServer

RATE = 15.0  # pictures a second at most, while it plays
SIGMAS = 3.0
LEGEND = " ".join(
    f'<span style="color:rgb{color}">&#9632;</span> {status.value}' for status, color in STATUS_COLORS.items()
)


def show_track(server: ViserServer, result: TrackResult) -> None:
    """Put the objects of a track into the scene, their ways, and a timeline to go along into the panel."""
    distances = [
        float(state.cam_from_obj.translation[2])
        for frame in result.frames
        for state in frame.states
        if state.cam_from_obj is not None
    ]
    distance = float(np.median(distances)) if distances else 1.0
    start_beside_camera(server, distance)
    for index in range(len(result.frames[0].states)):
        _show_way(server, result, index)
    TrackPanel(server, result, distance)


def _show_way(server: ViserServer, result: TrackResult, index: int) -> None:
    """A line through the places of one object's middle, in the colours of its status."""
    pieces, colors = [], []
    before = None
    for frame in result.frames:
        state = frame.states[index]
        here = _middle(result, state)
        if before is not None and here is not None:
            pieces.append([before, here])
            colors.append([STATUS_COLORS[state.status]] * 2)
        before = here
    if pieces:
        name = result.frames[0].states[index].object
        server.scene.add_line_segments(
            f"/ways/{name}",
            np.array(pieces),
            np.array(colors, np.uint8),
            thickness=2 * LINE,
            thickness_units="screen",
        )


def _middle(result: TrackResult, state: TrackState) -> np.ndarray | None:
    """(3,) metres, camera frame."""
    if state.cam_from_obj is None:
        return None
    model = result.models[state.object]
    points = model.cam_from_mesh(state.cam_from_obj).apply_points(model.mesh.bounds())
    return np.asarray(points.mean(0).numpy())


class TrackPanel:
    def __init__(self, server: ViserServer, result: TrackResult, distance: float) -> None:
        self.server, self.result = server, result
        self.video = None if result.video is None else VideoPictures(result.video)
        self.lock = threading.Lock()  # callbacks come from several threads; the video has one place
        names = [state.object for state in result.frames[0].states]
        self.meshes = {name: show_object(server, f"/objects/{name}", result.models[name]) for name in names}
        camera = result.camera
        self.camera = None if camera is None else show_photo(server, camera, None, distance)
        self._build()
        self.show()

    def _build(self) -> None:
        gui, count = self.server.gui, len(self.result.frames)
        gui.set_panel_label("objpose track")
        self.picture = gui.add_image(
            np.zeros((2, 2, 3), np.uint8), format="jpeg", visible=self.video is not None
        )
        self.timeline = gui.add_image(draw_timeline(self.result.frames, 0), format="png")
        self.slider = gui.add_slider("Frame", 0, max(1, count - 1), 1, 0)
        self.plays = gui.add_checkbox("Play", False)
        gui.add_markdown(LEGEND)
        self.words = gui.add_markdown("")
        self.slider.on_update(lambda _: self.show())
        self.plays.on_update(lambda _: self._start())

    def _start(self) -> None:
        if self.plays.value:
            threading.Thread(target=self._play, daemon=True).start()

    def _play(self) -> None:
        """From the frame that is shown to the last, at the pace at which they were taken."""
        frames = self.result.frames
        while self.plays.value and self.slider.value < len(frames) - 1:
            here = self.slider.value
            wait = max(frames[here + 1].timestamp - frames[here].timestamp, 1 / RATE)
            time.sleep(min(wait, 1.0))
            self.slider.value = here + 1  # type: ignore[misc]  # viser's types call it read-only
        self.plays.value = False  # type: ignore[misc]

    def show(self) -> None:
        with self.lock:
            now = min(self.slider.value, len(self.result.frames) - 1)
            frame = self.result.frames[now]
            for state in frame.states:
                self._show_object(state)
            self.timeline.image = draw_timeline(self.result.frames, now)
            self.words.content = f"Frame {frame.index}, {frame.timestamp:.3f} s\n\n" + "\n\n".join(
                map(told, frame.states)
            )
            if self.video is not None:
                picture = self.video.at(frame.timestamp - self.result.frames[0].timestamp)
                self.picture.image = thumbnail(picture, PHOTO)
                if self.camera is not None:
                    self.camera.image = self.picture.image

    def _show_object(self, state: TrackState) -> None:
        mesh, model = self.meshes[state.object], self.result.models[state.object]
        mesh.visible = state.cam_from_obj is not None
        if state.cam_from_obj is not None:
            place(mesh, model, state.cam_from_obj)
        self.server.scene.remove_by_name(f"/ellipsoids/{state.object}")
        show_ellipsoids(self.server, f"/ellipsoids/{state.object}", self._ellipsoids(state), SIGMAS)

    def _ellipsoids(self, state: TrackState) -> list[Ellipsoid]:
        if state.cam_from_obj is None or state.covariance is None:
            return []
        model = self.result.models[state.object]
        points = model.cam_from_mesh(state.cam_from_obj).apply_points(telling_points(model))
        return ellipsoids(points, state.covariance)


def told(state: TrackState) -> str:
    """What a state says, in Markdown."""
    reason = f": {state.reason}" if state.reason else ""
    return f"**{state.object}** {state.status.value}, confidence **{state.confidence:.2f}**{reason}"
