"""Where a command was told to look: a mask, a box, points, or nowhere in particular."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from objpose.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from objpose import Frame, ObjectModel
    from objpose.io import ViewImage


@dataclass(frozen=True)
class Region:
    """The options as typed."""

    mask_file: Path | None
    mask_label: str | None
    box: str | None
    points: tuple[str, ...]

    @property
    def is_given(self) -> bool:
        return bool(self._given())

    def check(self, names: tuple[str, ...]) -> None:
        """Raises InputError for two ways at once, and for a place given for several objects."""
        given = self._given()
        if self.mask_label is not None and self.mask_file is None:
            raise InputError("--mask-label", self.mask_label, "a mask that it is of", "give --mask too")
        if len(given) > 1:
            raise InputError(", ".join(given), "more than one", "one of them", "say where to look once")
        if given and len(names) > 1:
            found = f"{len(names)} of --object"
            raise InputError(given[0], found, "one object in one place", "leave the place out, or the others")

    def check_within(self, frame: Frame, photo: ViewImage) -> None:
        """Raises InputError for what cannot be read or lies off the image: before any work is done."""
        if self.mask_file is not None:
            self._checked_mask(frame, photo)
        if self.box is not None:
            self._box(frame)
        for point in self.points:
            _numbers(point, 2, "--point", "two numbers x,y", "e.g. --point 140,90")

    def mask(self, frame: Frame, photo: ViewImage, model: ObjectModel | None, seed: int) -> Tensor | None:
        """(H, W) bool, or None for the whole image; boxes and points become masks by what is seen there."""
        from objpose.segmentation import mask_from_box, mask_from_points

        if self.mask_file is not None:
            return self._checked_mask(frame, photo)
        if self.box is not None:
            return mask_from_box(frame, self._box(frame), model, seed)
        if self.points:
            expected, cure = "two numbers x,y", "e.g. --point 140,90"
            pixels = [_numbers(point, 2, "--point", expected, cure) for point in self.points]
            return mask_from_points(frame, pixels, model, seed)
        return None

    def _given(self) -> list[str]:
        options = {"--mask": self.mask_file, "--bbox": self.box, "--point": self.points}
        return [name for name, value in options.items() if value]

    def _checked_mask(self, frame: Frame, photo: ViewImage) -> Tensor:
        from objpose.io import read_mask

        assert self.mask_file is not None
        return frame.checked_mask(read_mask(self.mask_file, self.mask_label, photo), str(self.mask_file))

    def _box(self, frame: Frame) -> tuple[float, ...]:
        from objpose.segmentation.prompt_checks import checked_box

        assert self.box is not None
        box = _numbers(self.box, 4, "--bbox", "four numbers x,y,w,h", "e.g. --bbox 120,80,60,40")
        try:
            checked_box(box, frame.size)
        except InputError as error:
            raise InputError("--bbox", self.box, error.expected, error.cure) from error
        return box


def _numbers(text: str, count: int, option: str, expected: str, cure: str) -> tuple[float, ...]:
    """Numbers as people write them: with commas, spaces or both between them, perhaps in brackets."""
    inner = re.sub(r"^\s*[\[(]|[\])]\s*$", "", text)
    try:
        numbers = tuple(float(number) for number in re.split(r"\s*[,;\s]\s*", inner.strip()))
    except ValueError as error:
        raise InputError(option, text or "nothing", expected, cure) from error
    if len(numbers) != count:
        raise InputError(option, text, expected, cure)
    return numbers
