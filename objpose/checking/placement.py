"""Do picture, depth and mask show things in the same places? Their edges tell, two against one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from objpose.checking.correlation import ShiftScores, placement_scores, shift_scores
from objpose.checking.edges import color_edges, depth_edges, outline
from objpose.checking.finding import Finding
from objpose.checking.given import Given

WORK_SIZE = 1300  # pixels: larger pictures are thinned out to below this
REACH = 64  # pixels: a depth that is not registered lies within this
GAIN = 5.0  # standard deviations by which a shift must be better than none
UNCLEAR = 2.0  # between two explanations, within which both are named
NOWHERE = 3.0  # scores on place, of both witnesses, below which a mask's border lies on nothing
NOWHERE_ALONE = 1.0  # of the colours alone: a pale object's border may lie on little
FLIPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "left to right": np.fliplr,
    "upside down": np.flipud,
    "by half a turn": lambda picture: picture[::-1, ::-1],
}
Explanation = tuple[float, Finding]


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of what was given, at a working size of `step` pixels to one."""

    color: np.ndarray
    depth: np.ndarray | None
    mask: np.ndarray | None  # the mask itself, not its border
    step: int

    @staticmethod
    def of(given: Given) -> Edges:
        step = -(-max(given.size) // WORK_SIZE)
        rgb = given.rgb[::step, ::step]
        depth = None if given.depth is None else given.seen[::step, ::step]
        mask = None if given.mask is None else given.mask[::step, ::step]
        has_depth, has_mask = depth is not None and (depth > 0).any(), mask is not None and mask.any()
        return Edges(
            color_edges(rgb), depth_edges(depth) if has_depth else None, mask if has_mask else None, step
        )

    @cached_property
    def depth_on_color(self) -> ShiftScores | None:
        return None if self.depth is None else shift_scores(self.color, self.depth, REACH)

    @cached_property
    def depth_on_mask(self) -> ShiftScores | None:
        if self.depth is None or self.mask is None:
            return None
        return shift_scores(outline(self.mask), self.depth, REACH)

    @cached_property
    def mask_on_color(self) -> ShiftScores | None:
        return None if self.mask is None else placement_scores(outline(self.mask), self.color, self.mask)

    @cached_property
    def mask_on_all(self) -> ShiftScores | None:
        if self.mask is None or self.depth is None:
            return self.mask_on_color
        return self.mask_on_color + placement_scores(outline(self.mask), self.depth, self.mask)

    @cached_property
    def on_place(self) -> float:
        """How well all lie on one another as given: the sum over the pairs."""
        return _sum(pair.on_place for pair in (self.mask_on_all, self.depth_on_color) if pair is not None)


def check_placement(given: Given) -> list[Finding]:
    """The one thing that lies elsewhere than the others; two where either explains what is seen."""
    edges = Edges.of(given)
    explanations = sorted([*_of_depth(edges), *_of_mask(edges)], key=lambda explanation: -explanation[0])
    best = [(score, f) for score, f in explanations if score > edges.on_place + GAIN][:1]
    for score, finding in best:
        rivals = [f for s, f in explanations[1:] if s > score - UNCLEAR and f.subject != finding.subject]
        return [replace(f, certainty="possible") for f in (finding, *rivals[:1])] if rivals else [finding]
    return _nowhere(edges)


def _of_depth(edges: Edges) -> list[Explanation]:
    """What the depth explains by lying elsewhere: the mask stays on the colours."""
    if edges.depth is None:
        return []
    stays = 0.0 if edges.mask is None else edges.mask_on_color.on_place
    pairs = [pair for pair in (edges.depth_on_color, edges.depth_on_mask) if pair is not None]
    score, (x, y) = _added(pairs).best
    by = x * edges.step, y * edges.step
    cure = f"register the depth to the colour camera: it lies {_words(by)} of the picture"
    found = f"edges {max(abs(by[0]), abs(by[1]))} px off those of the picture"
    finding = Finding("depth shifted", "depth", found, "depth registered to the picture", cure)
    explanations = [(stays + score, finding)]
    for name, flip in FLIPS.items():
        flipped = replace(edges, depth=flip(edges.depth))
        finding = Finding(
            "depth mirrored",
            "depth",
            f"the picture's edges {name}",
            "them as in the picture",
            f"flip it {name}",
        )
        explanations.append((flipped.on_place, finding))
    return explanations


def _of_mask(edges: Edges) -> list[Explanation]:
    """What the mask explains by lying elsewhere: the depth stays on the colours."""
    if edges.mask is None:
        return []
    stays = 0.0 if edges.depth is None else edges.depth_on_color.on_place
    score, (x, y) = edges.mask_on_all.best
    found = "a border on no edge of the picture; it lies on edges when moved by "
    found += f"{x * edges.step}, {y * edges.step} px"
    cure = "make the mask from this very picture, of this object"
    explanations = [
        (stays + score, Finding("mask elsewhere", "mask", found, "a border along the object's", cure))
    ]
    for name, flip in FLIPS.items():
        flipped = replace(edges, mask=flip(edges.mask))
        finding = Finding(
            "mask mirrored", "mask", f"the object {name}", "it as in the picture", f"flip it {name}"
        )
        explanations.append((flipped.on_place, finding))
    return explanations


def _nowhere(edges: Edges) -> list[Finding]:
    if edges.mask is None:
        return []
    least = NOWHERE_ALONE if edges.depth is None else NOWHERE
    if edges.mask_on_all.on_place >= least:
        return []
    where = "colours" if edges.depth is None else "colours or depth"
    found = f"a border along which {where} do not change"
    cure = "make the mask from this very picture, of this object"
    return [Finding("mask elsewhere", "mask", found, "a border along the object's", cure)]


def _added(pairs: list[ShiftScores]) -> ShiftScores:
    return pairs[0] if len(pairs) == 1 else pairs[0] + pairs[1]


def _sum(values) -> float:
    return float(sum(values))


def _words(by: tuple[int, int]) -> str:
    """A shift (x, y) in words: "12 px right and 3 px below"."""
    sides = ((by[0], "right", "left"), (by[1], "below", "above"))
    words = [
        f"{abs(length)} px {after if length > 0 else before}" for length, after, before in sides if length
    ]
    return " and ".join(words)
