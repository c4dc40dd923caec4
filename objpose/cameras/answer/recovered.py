"""The answer: a camera or a reason for every photo, with how far it is to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from objpose.cameras.answer.motions import Motion
from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.scene.photos import Photo
from objpose.geometry import SE3, Camera
from objpose.io import PhotoCamera, SparsePoints


@dataclass(frozen=True, eq=False)
class RecoveredPhoto:
    """What is known of one photo.

    camera: the intrinsics used, estimated where none were given. cam_from_world: SE3 () float64 in the
    scene's unit, or None; island: photos of one island share a frame, those of different ones are not
    related, None when left out; confidence: chance in [0, 1] that the photo stands right relative to the
    most trusted one of island 0, so 0 in any other; covariance: of the twist (v, omega) in the
    camera's own frame, world units and radians, or None; evidence: nats by which the other photos support the
    place; reason: why it is left out or doubted, or None; alternatives: other places with the share of belief
    that each has; focal_sigma: standard deviation of the log of the focal length, 0 where it was given, None
    when left out.
    """

    name: str
    camera: Camera
    cam_from_world: SE3 | None
    confidence: float
    island: int | None = None
    covariance: Float[Tensor, "6 6"] | None = None
    evidence: float = 0.0
    reason: str | None = None
    alternatives: tuple[tuple[SE3, float], ...] = ()
    focal_sigma: float | None = None

    def as_photo_camera(self, in_island: int | None = None) -> PhotoCamera:
        """For the writers of `objpose.io`; with in_island given, placed in that island alone."""
        is_in = in_island is None or self.island == in_island
        cam_from_world = self.cam_from_world if is_in else None
        return PhotoCamera(self.name, self.camera, cam_from_world, self.confidence, self.reason)


@dataclass(frozen=True, eq=False)
class RecoveredCameras:
    """All photos, the sparse points that they see, and the chance of every pair to be right.

    photos: in the order given; alternatives: whole other placements of island 0's photos by name, each with
    its share of belief, where the photos leave them (mirrors); points: of all islands; pair_confidence: the
    chance that two photos stand right to each other, 0 across islands; is_metric: whether lengths of
    island 0 are metres, else the cameras' spread, or that of the known cameras, is the unit; seconds: what
    each stage took; sources: the photos themselves, in the same order; contradictions: what the photos say
    against what was known; motions: empty, or of two things that move differently, that of the answer first;
    weights: of the networks that matched them, each with its source and licence; scale: what the metres were
    measured by, empty without.
    """

    photos: tuple[RecoveredPhoto, ...]
    points: SparsePoints
    pair_confidence: Float[Tensor, "N N"]
    is_metric: bool
    seconds: dict[str, float]
    alternatives: tuple[tuple[dict[str, SE3], float], ...] = ()
    sources: tuple[Photo, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    motions: tuple[Motion, ...] = ()
    weights: tuple[str, ...] = ()
    scale: str = ""

    def __getitem__(self, name: str) -> RecoveredPhoto:
        """The photo of this file name."""
        return next(photo for photo in self.photos if photo.name == name)

    def cams_from_world(self, chosen: Sequence[int]) -> SE3:
        """(C,) of these photos, which are placed."""
        cams = [self.photos[index].cam_from_world for index in chosen]
        return SE3.stack([cam for cam in cams if cam is not None])

    @property
    def placed(self) -> tuple[RecoveredPhoto, ...]:
        return tuple(photo for photo in self.photos if photo.cam_from_world is not None)

    @property
    def left_out(self) -> tuple[RecoveredPhoto, ...]:
        return tuple(photo for photo in self.photos if photo.cam_from_world is None)


def se3(cam_from_world: np.ndarray) -> SE3:
    """From (4, 4), float64."""
    return SE3.from_matrix(torch.from_numpy(np.ascontiguousarray(cam_from_world)))
