"""Estimates over their photo and in space: how precise, and which other poses may be the right one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from objpose.estimator import PoseEstimate
from objpose.geometry import SE3
from objpose.overlay import draw_difference, draw_overlay
from objpose.viewing.ellipsoids import Ellipsoid, ellipsoids, show_ellipsoids, telling_points
from objpose.viewing.estimate_file import EstimateResult
from objpose.viewing.frames import PHOTO, show_frame, thumbnail
from objpose.viewing.objects import place, show_object
from objpose.viewing.server import look_through, start_beside_camera

if TYPE_CHECKING:
    from viser import GlbHandle, GuiEvent, IcosphereHandle, ViserServer

SIGMAS = 3.0  # drawn at first
MOST_SIGMAS = 30.0
DIFFERENCE = (
    "Green: only the answer has the object there. Orange: only the rival. Purple: both, with other paint "
    "or, where it was measured, depth."
)


def show_estimates(server: ViserServer, result: EstimateResult) -> None:
    """Put an answer of `PoseEstimator` into the scene, and what can be asked of it into the panel."""
    distances = [float(one.cam_from_obj.translation[2]) for one in result.estimates]
    distance = sorted(distances)[len(distances) // 2] if distances else 1.0
    start_beside_camera(server, distance)
    show_frame(server, result.frame, distance)
    EstimatePanel(server, result, distance)


class EstimatePanel:
    """One estimate is looked at, in its answer or one of its rivals; the others stand as answered."""

    def __init__(self, server: ViserServer, result: EstimateResult, distance: float) -> None:
        self.server, self.result, self.distance = server, result, distance
        self.lock = threading.RLock()  # callbacks come from several threads
        self.chosen, self.rival = 0, 0  # an estimate; 0 its answer, k its kth alternative
        self.meshes = [self._mesh(index) for index in range(len(result.estimates))]
        self.shells: list[IcosphereHandle] = []
        self._build()
        self._show()

    def _mesh(self, index: int) -> GlbHandle:
        estimate = self.result.estimates[index]
        model = self.result.models[estimate.object]
        handle = show_object(self.server, f"/objects/{index} {estimate.object}", model)
        place(handle, model, estimate.cam_from_obj)
        return handle

    def _build(self) -> None:
        gui, estimates = self.server.gui, self.result.estimates
        gui.set_panel_label("objpose estimate")
        self.picture = gui.add_image(thumbnail(self.result.frame.rgb.numpy(), PHOTO), format="jpeg")
        if not estimates:
            gui.add_markdown("**Nothing was found.**")
            return
        names = [f"{i + 1}: {one.object}, confidence {one.confidence:.2f}" for i, one in enumerate(estimates)]
        which = gui.add_dropdown("Estimate", names)
        self.poses = gui.add_dropdown("Pose", self._pose_names())
        self.words = gui.add_markdown("")
        self.legend = gui.add_markdown(DIFFERENCE)
        self.difference = gui.add_image(thumbnail(self.result.frame.rgb.numpy(), PHOTO), format="png")
        self.sigmas = gui.add_slider(
            "Ellipsoids, sigmas",
            0.0,
            MOST_SIGMAS,
            0.5,
            SIGMAS,
            hint="of the middle and the ends of the object",
        )
        through = gui.add_button("Look through the camera")
        which.on_update(lambda _: self.choose(names.index(which.value)))
        self.poses.on_update(lambda _: self.choose_pose(self.poses.value))
        self.sigmas.on_update(lambda _: self._show_ellipsoids())
        through.on_click(self._look_through)

    def _look_through(self, event: GuiEvent[Any]) -> None:
        if event.client is not None:
            here = SE3.identity().matrix().numpy()
            look_through(event.client, self.result.frame.camera, here, self.distance)

    @property
    def estimate(self) -> PoseEstimate:
        return self.result.estimates[self.chosen]

    @property
    def cam_from_obj(self) -> SE3:
        estimate = self.estimate
        return estimate.alternatives[self.rival - 1].cam_from_obj if self.rival else estimate.cam_from_obj

    def _pose_names(self) -> list[str]:
        rivals = enumerate(self.estimate.alternatives, 1)
        return [
            f"the answer, share {self.estimate.share:.2f}",
            *(f"rival {i}, share {other.share:.2f}" for i, other in rivals),
        ]

    def choose(self, index: int) -> None:
        """Look at an estimate, in its answer."""
        with self.lock:
            self._place(0)
            self.chosen = index
            self.poses.options = self._pose_names()
            self.choose_pose(self.poses.options[0])

    def choose_pose(self, name: str) -> None:
        """Look at the answer or a rival, by its name in the list."""
        with self.lock:
            names = self._pose_names()
            if name in names:  # else a late one, of the estimate before
                self._place(names.index(name))
                self._show()

    def _place(self, rival: int) -> None:
        self.rival = rival
        model = self.result.models[self.estimate.object]
        place(self.meshes[self.chosen], model, self.cam_from_obj)

    def _show(self) -> None:
        if not self.result.estimates:
            return
        shown = list(self.result.estimates)
        shown[self.chosen] = replace(self.estimate, cam_from_obj=self.cam_from_obj)
        picture = draw_overlay(self.result.frame, shown, list(self.result.models.values()))
        self.picture.image = thumbnail(picture, PHOTO)
        self.words.content = told(self.estimate)
        has_rivals = bool(self.estimate.alternatives)
        self.poses.visible = self.difference.visible = self.legend.visible = has_rivals
        if has_rivals:
            self.difference.image = self._difference()
        self._show_ellipsoids()

    def _difference(self) -> Any:
        """Of the answer and the rival that is looked at, else the likeliest."""
        rival = max(self.rival, 1)
        model = self.result.models[self.estimate.object]
        poses = self.estimate.cam_from_obj, self.estimate.alternatives[rival - 1].cam_from_obj
        return draw_difference(self.result.frame, model, poses, ("the answer", f"rival {rival}"))

    def _show_ellipsoids(self) -> None:
        """The covariance is of the answer: beside a rival it is not drawn."""
        with self.lock:
            for shell in self.shells:
                shell.remove()
            sigmas = self.sigmas.value
            shown = self._ellipsoids() if sigmas > 0 and not self.rival else []
            self.shells = show_ellipsoids(self.server, "/ellipsoids", shown, sigmas)

    def _ellipsoids(self) -> list[Ellipsoid]:
        model = self.result.models[self.estimate.object]
        cam_from_mesh = model.cam_from_mesh(self.estimate.cam_from_obj)
        return ellipsoids(cam_from_mesh.apply_points(telling_points(model)), self.estimate.covariance)


def told(estimate: PoseEstimate) -> str:
    """What an estimate says of itself, in Markdown."""
    lines = [
        f"**{estimate.object}**: confidence **{estimate.confidence:.2f}** (within 10 % of the diameter), "
        f"{estimate.confidence_in_image:.2f} in the image (within 5 pixels and 5 degrees)"
    ]
    if estimate.ambiguity:
        lines.append(f"**Cannot be told**: {estimate.ambiguity}")
    elif not estimate.alternatives:
        lines.append("No other pose explains the frame nearly as well.")
    lines += [f"**Warning**: {warning}" for warning in estimate.warnings]
    return "\n\n".join(lines)
