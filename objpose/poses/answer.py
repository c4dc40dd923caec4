"""What a judge says of hypotheses, and what a method answers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3

Stats = dict[str, float | str]  # by name: counts, mostly


@dataclass(frozen=True, eq=False)
class Verdict:
    """Scores of B hypotheses."""

    score: Tensor  # (B,) in [0, 1]: geometry x appearance
    geometry: Tensor  # (B,) in [0, 1]: what agrees, in depth or in silhouette, of all that is seen or claimed
    appearance: Tensor  # (B,) in [0, 1]: agreement of colour and its structure; 1 without colour
    visible: Tensor  # (B,) share of the rendered pixels that the frame confirms
    empty: Tensor  # (B,) in [0, 1]: in patches, what is drawn where nothing is; see `contradiction`
    bare: Tensor  # (B,) in [0, 1]: in patches, what the mask shows where nothing is drawn
    preferred: Tensor  # (B,) nats for each against the others, by the network of `rivals`; 0 with depth
    likely: Tensor  # (B,) log odds of being right, by the same; 0 with depth
    shade: Tensor  # (B,) nats for each against the others, by the photo's brightness; 0 with depth
    by_print: Tensor  # (B,) diameters that print alone would move an answer, see `steadiness`; 0 with depth
    by_edges: Tensor  # (B,) the same of the picture's edges alone
    view: Tensor  # (B,) nats, 0 at most, against an answer of which little is in view, see `in_view`

    @property
    def evidence(self) -> Tensor:
        """(B, 7), see `evidence`."""
        moves = self.by_print, self.by_edges
        return evidence(self.score, self.empty, self.bare, self.likely, *moves, self.view)

    def parts(self) -> list[Tensor]:
        """All of it, in the order of the fields."""
        return [getattr(self, part.name) for part in fields(self)]

    def __getitem__(self, index: Any) -> Verdict:
        return Verdict(*(part[index] for part in self.parts()))

    def joined(self, other: Verdict) -> Verdict:
        return Verdict(*map(torch.cat, zip(self.parts(), other.parts(), strict=True)))


def evidence(
    score: Tensor,
    empty: Tensor,
    bare: Tensor,
    likely: Tensor,
    by_print: Tensor,
    by_edges: Tensor,
    view: Tensor,
) -> Tensor:
    """(*, 7) what confidence goes by, from parts (*,) of verdicts; of each, more is better.

    Patches by the roots of their shares: by how long they are. Moves by their roots, too: what parts those of
    right poses from others is among the small ones.
    """
    patches, moves = ([-part.sqrt() for part in parts] for parts in ((empty, bare), (by_print, by_edges)))
    return torch.stack([score, *patches, likely, *moves, view], -1)


class Witness(NamedTuple):
    """What the picture says of a pose that depth has found."""

    larger: float  # times: how large the object appears, over how large it is drawn
    shift: float  # pixels of the frame between its centre drawn, and where the picture has it
    nats: float  # for an input that is wrong, against all being well


@dataclass(frozen=True, eq=False)
class PoseAnswer:
    """Poses (K,) of one object, best first; the verdict and the information are those of these very poses."""

    cam_from_obj: SE3
    verdict: Verdict
    information: Tensor  # (K, 6, 6) normal matrices of the residuals, about the object's centre, camera axes
    share: Tensor  # (K,) of the chance that the object is as one of these poses: at most 1 together
    trust: float = 1.0  # factor of the chances, by witnesses that the method has not asked
    paint: float = 0.0  # nats by which depth and colours speak for the paint of the first
    witness: Witness | None = None  # of these, the picture; None where it was not asked, or shows too little
    stats: Stats = field(default_factory=dict)  # counts of each stage
    timings: dict[str, float] = field(default_factory=dict)  # seconds of each stage
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.cam_from_obj)

    def __getitem__(self, index: Tensor | slice) -> PoseAnswer:
        """Some of the poses, in that order."""
        poses, information, share = self.cam_from_obj[index], self.information[index], self.share[index]
        verdict = self.verdict[index]
        return replace(self, cam_from_obj=poses, verdict=verdict, information=information, share=share)

    def joined(self, other: PoseAnswer) -> PoseAnswer:
        """With the poses of another behind its own."""
        poses = SE3.cat([self.cam_from_obj, other.cam_from_obj])
        information = torch.cat([self.information, other.information])
        share, verdict = torch.cat([self.share, other.share]), self.verdict.joined(other.verdict)
        return replace(self, cam_from_obj=poses, verdict=verdict, information=information, share=share)
