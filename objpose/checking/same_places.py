"""Do picture, depth and mask show things in the same places? Their edges tell, two against one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from objpose.checking.correlation import ShiftScores, placement_scores, shift_scores
from objpose.checking.edges import color_edges, depth_edges, outline
from objpose.checking.finding import Finding
from objpose.checking.given import Given
from objpose.checking.surroundings import contrast

WORK_SIZE = 1300  # pixels: larger pictures are thinned out to below this
REACH = 64  # pixels: a depth that is not registered lies within this
GAIN = 5.0  # standard deviations by which another place must be better than the given one
LESS = 0.6  # of the other place's score, above which the given place is as good
# The same for depth that colours alone place elsewhere too: of 740 right views none gains anything.
SHIFT_GAIN, SHIFT_LESS = 3.0, 0.75
UNCLEAR = 2.0  # between two explanations, within which both are named
NOWHERE = 3.0  # score of colours and depth, below which a mask's border lies on nothing
NOWHERE_ALONE = 1.0  # of colours alone
ROUGH = (3, 6)  # pixels that a segmenter may be off by
ALIKE = 0.8  # contrast below which what is inside looks like what is around
UNLIKE = 1.3  # contrast above which colours alone do not say that a rough border is another's
FLIPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "left to right": np.fliplr,
    "upside down": np.flipud,
    "by half a turn": lambda picture: picture[::-1, ::-1],
}


@dataclass(frozen=True)
class Explanation:
    """One of the three lies elsewhere: how well it lies there and here, and how well the other two do."""

    there: float
    here: float
    rest: float
    finding: Finding
    gain: float = GAIN
    less: float = LESS

    @property
    def score(self) -> float:
        return self.there + self.rest

    @property
    def holds(self) -> bool:
        return self.there > self.here + self.gain and self.here < self.less * self.there


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of what was given, at a working size of `step` pixels to one."""

    color: np.ndarray
    depth: np.ndarray | None
    mask: np.ndarray | None  # the mask itself
    border: np.ndarray | None  # its outline
    contrast: float | None  # of the colours inside it and around it
    step: int

    @staticmethod
    def of(given: Given) -> Edges:
        step = -(-max(given.size) // WORK_SIZE)
        rgb = given.rgb[::step, ::step]
        depth = None if given.depth is None else given.seen[::step, ::step]
        mask = None if given.mask is None else given.mask[::step, ::step]
        mask = mask if mask is not None and mask.any() else None
        return Edges(
            color_edges(rgb),
            depth_edges(depth) if depth is not None and (depth > 0).any() else None,
            mask,
            None if mask is None else outline(mask),
            None if mask is None else contrast(rgb, mask),
            step,
        )

    @cached_property
    def depth_on_color(self) -> ShiftScores | None:
        return None if self.depth is None else shift_scores(self.color, self.depth, REACH)

    @cached_property
    def mask_on_color(self) -> ShiftScores | None:
        if self.mask is None or self.border is None:
            return None
        return placement_scores(self.border, self.color, self.mask)

    @cached_property
    def mask_on_others(self) -> ShiftScores:
        """Of a mask that there is."""
        assert self.mask is not None and self.border is not None and self.mask_on_color is not None
        if self.depth is None:
            return self.mask_on_color
        return self.mask_on_color + placement_scores(self.border, self.depth, self.mask)

    @cached_property
    def depth_on_others(self) -> ShiftScores:
        """Of a depth that there is."""
        assert self.depth is not None and self.depth_on_color is not None
        if self.border is None:
            return self.depth_on_color
        return self.depth_on_color + shift_scores(self.border, self.depth, REACH)


def check_placement(given: Given) -> list[Finding]:
    """The one thing that lies elsewhere than the others; two where either explains what is seen."""
    edges = Edges.of(given)
    explanations = [explanation for explanation in (*_of_depth(edges), *_of_mask(edges)) if explanation.holds]
    if not explanations:
        return _nowhere(edges)
    best = max(explanations, key=lambda explanation: explanation.score)
    close = [e for e in explanations if e.score > best.score - UNCLEAR]
    rivals = {e.finding.subject: e.finding for e in sorted(close, key=lambda e: e.score)}
    certainty = "likely" if len(rivals) == 1 else "possible"
    return [replace(finding, certainty=certainty) for finding in rivals.values()]


def _of_depth(edges: Edges) -> Iterator[Explanation]:
    """The depth lies elsewhere, the mask on the colours."""
    if edges.depth is None:
        return
    rest = 0.0 if edges.mask_on_color is None else edges.mask_on_color.on_place
    here = edges.depth_on_others
    score, (x, y) = here.best
    by = x * edges.step, y * edges.step
    found = f"edges {max(abs(by[0]), abs(by[1]))} px off those of the picture"
    cure = f"register the depth to the colour camera: it lies {_words(by)} of the picture"
    finding = Finding("depth shifted", "depth", found, "depth registered to the picture", cure)
    colors = edges.depth_on_color
    assert colors is not None  # as there is depth
    is_elsewhere = colors.at((x, y)) > colors.on_place
    limits = (SHIFT_GAIN, SHIFT_LESS) if is_elsewhere else (GAIN, LESS)
    yield Explanation(score, here.on_place, rest, finding, *limits)
    for name, flip in FLIPS.items():
        there = replace(edges, depth=flip(edges.depth)).depth_on_others.on_place
        finding = Finding("depth mirrored", "depth", f"the picture {name}", "it as it is", f"flip it {name}")
        yield Explanation(there, here.on_place, rest, finding)


def _of_mask(edges: Edges) -> Iterator[Explanation]:
    """The mask lies elsewhere, the depth on the colours."""
    if edges.mask is None or edges.border is None:
        return
    rest = 0.0 if edges.depth_on_color is None else edges.depth_on_color.on_place
    here = edges.mask_on_others
    score, (x, y) = here.best
    found = f"a border on no edges; they lie {_words((x * edges.step, y * edges.step))} of it"
    cure = "make the mask from this very picture, of this object"
    finding = Finding("mask elsewhere", "mask", found, "a border along the object's", cure)
    explanation = Explanation(score, here.on_place, rest, finding)
    if explanation.holds and (edges.depth is not None or (edges.contrast or 0.0) < UNLIKE):
        yield replace(explanation, here=_roughly_on_place(edges))
    for name, flip in FLIPS.items():
        there = replace(edges, mask=flip(edges.mask), border=flip(edges.border)).mask_on_others.on_place
        finding = Finding("mask mirrored", "mask", f"the object {name}", "it as it is", f"flip it {name}")
        yield Explanation(there, here.on_place, rest, finding)


def _roughly_on_place(edges: Edges) -> float:
    """The score of the mask where it is, for the best of borders a few pixels in or out."""
    grown = [ndimage.binary_dilation(edges.mask, iterations=pixels) for pixels in ROUGH]
    shrunk = [ndimage.binary_erosion(edges.mask, iterations=pixels) for pixels in ROUGH]
    others = [replace(edges, border=outline(mask)) for mask in (*grown, *shrunk)]
    return max(other.mask_on_others.on_place for other in (edges, *others))


def _nowhere(edges: Edges) -> list[Finding]:
    """A mask with neither an edge along its border nor other colours within it."""
    if edges.mask is None:
        return []
    is_on_edges = edges.mask_on_others.on_place >= (NOWHERE_ALONE if edges.depth is None else NOWHERE)
    if is_on_edges or edges.contrast is None or edges.contrast > ALIKE:
        return []
    found = "a border along which nothing changes, and inside what is around it"
    cure = "make the mask from this very picture, of this object"
    return [Finding("mask elsewhere", "mask", found, "a border along the object's", cure)]


def _words(by: tuple[int, int]) -> str:
    """A shift (x, y) in words: "12 px right and 3 px below"."""
    sides = ((by[0], "right", "left"), (by[1], "below", "above"))
    words = [
        f"{abs(length)} px {after if length > 0 else before}" for length, after, before in sides if length
    ]
    return " and ".join(words)
