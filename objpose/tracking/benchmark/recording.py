"""Frames in which the poses of one object are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from jaxtyping import Bool, Float
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, Symmetry
from objpose.tracking.benchmark.errors import PoseJudge


@dataclass(frozen=True, eq=False)
class Recording:
    """A sequence with its truth. Frames are read when they are played, one at a time.

    Raises:
        InputError: `present` that is not of as many frames as the truth.
    """

    name: str
    object: str  # as the tracker calls it
    frame: Callable[[int], Frame]  # of index 0 to len - 1
    cam_from_obj: SE3  # (n,) the truth
    points: Float[Tensor, "N 3"]  # of the object's surface, metres, object frame
    symmetry: Symmetry
    diameter: float  # metres
    present: Bool[Tensor, " n"] | None = None  # whether the object can be seen at all; None: in every frame
    rate: float = 30.0  # frames a second

    def __post_init__(self) -> None:
        if self.present is not None and self.present.shape != (len(self),):
            found = f"shape {tuple(self.present.shape)}"
            raise InputError(
                f"{self.name}: present", found, f"({len(self)},)", "give one bool for each frame"
            )

    def __len__(self) -> int:
        return len(self.cam_from_obj)

    def every(self, step: int) -> Recording:
        """Each `step`-th frame, which keeps its time: what a camera that drops the others would see."""
        return replace(
            self,
            name=self.name if step == 1 else f"{self.name}, step {step}",
            frame=lambda index: self.frame(index * step),
            cam_from_obj=self.cam_from_obj[::step],
            present=None if self.present is None else self.present[::step],
            rate=self.rate / step,
        )

    def is_present(self, index: int) -> bool:
        return self.present is None or bool(self.present[index])

    def judge(self) -> PoseJudge:
        return PoseJudge(self.points, self.symmetry, self.diameter)
