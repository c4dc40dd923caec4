"""What a check says: which input does not fit, what was found, what was expected, and the cure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from objpose.errors import InputError

# The causes that are told apart, and what each means.
CAUSES = {
    "refused": "an input that cannot be read or used at all",
    "mesh unit": "the object is too large or too small by a unit: mm, cm, inch, m",
    "depth scale": "the depth is too large or too small by a factor",
    "depth missing": "no depth, or none where the object is",
    "depth size": "the depth has another size than the picture",
    "depth shifted": "the depth is not registered to the picture",
    "depth mirrored": "the depth is mirrored or upside down",
    "K resolution": "K belongs to the picture at another resolution",
    "K crop": "K belongs to another crop of the picture",
    "K entries": "fx, fy, cx, cy stand in each other's places",
    "K focal length": "the focal length does not fit depth and object",
    "size swapped": "width and height, or x and y, are swapped",
    "camera size": "the camera's size is another than the picture's",
    "mask size": "the mask has another size than the picture",
    "mask empty": "no pixel is set",
    "mask inverted": "the background is set, not the object",
    "mask mirrored": "the mask is mirrored or upside down",
    "mask elsewhere": "the mask is not on the object",
    "mask extent": "the mask covers more than the object can fill, or a shape that it never shows",
    "colour order": "red and blue are swapped",
}


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit, in words.

    Printed as one line, `cause: found ..., expected ...; cure`, as InputError's.
    """

    cause: str  # one of CAUSES
    subject: str  # the input: camera, depth, mask, object, rgb
    found: str
    expected: str
    cure: str
    factor: float | None = None  # by which what was given is too large, where the cause is a factor
    certainty: str = "likely"  # "sure", "likely", or "possible" where other causes explain it as well

    def __post_init__(self) -> None:
        if self.cause not in CAUSES:
            raise ValueError(f"no cause {self.cause!r}")

    def __str__(self) -> str:
        doubt = "" if self.certainty == "sure" else f" ({self.certainty})"
        return (
            f"{self.cause}{doubt}: {self.subject}: found {self.found}, expected {self.expected}; {self.cure}"
        )

    def record(self) -> dict[str, object]:
        """Its fields, for JSON."""
        return asdict(self)


def refused(error: InputError, cause: str = "refused") -> Finding:
    """What a reader or a check refused, in its words."""
    return Finding(cause, error.subject, error.found, error.expected, error.cure, certainty="sure")


def times(factor: float) -> str:
    """A factor in words: "25.4 times too large", "1000 times too small"."""
    size = "large" if factor > 1 else "small"
    return f"{max(factor, 1 / factor):.4g} times too {size}"
