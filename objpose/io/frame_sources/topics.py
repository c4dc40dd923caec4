"""Which topics of a bag are the colours, their camera and their depth: by type and frame, never by guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from objpose.errors import InputError, warn_input

TRANSPORTS = ("/compressed", "/compressedDepth")  # what image_transport appends to the raw topic's name


@dataclass(frozen=True)
class ImageTopic:
    """A topic of pictures, as its first message shows it."""

    name: str
    kind: str  # colour, grey or depth
    frame_id: str  # of the camera whose pixels these are

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


@dataclass(frozen=True)
class Topics:
    """What is read of a bag."""

    colour: str
    depth: str | None
    camera: str | None  # None where the camera is given as a file


def choose_topics(
    bag: Path,
    images: Sequence[ImageTopic],
    infos: Sequence[str],
    colour: str | None,
    depth: str | None,
    has_camera: bool,
) -> Topics:
    """The topics asked for, else the only ones there can be.

    Raises:
        InputError: no colours, several with nothing to choose by (all are listed), or no camera_info of them.
    """
    chosen = _colour(bag, images, colour)
    camera = None if has_camera else _info(bag, chosen.name, infos)
    return Topics(chosen.name, _depth(bag, images, chosen, depth), camera)


def is_rectified(topic: str) -> bool:
    """Whether these are rectified pictures, by the names that image_proc gives them."""
    return "rect" in _raw(topic).rsplit("/", 1)[-1] and not topic.endswith("rect_raw")


def _raw(topic: str) -> str:
    """The topic of the raw pictures of a compressed one."""
    return next((topic[: -len(end)] for end in TRANSPORTS if topic.endswith(end)), topic)


def _once(images: Sequence[ImageTopic]) -> list[ImageTopic]:
    """Without the compressed topics of pictures that are there raw too."""
    names = {one.name for one in images}
    return [one for one in images if _raw(one.name) == one.name or _raw(one.name) not in names]


def _colour(bag: Path, images: Sequence[ImageTopic], name: str | None) -> ImageTopic:
    if name is not None:
        return _named(bag, name, [one for one in images if one.kind != "depth"], "topic")
    by_kind = ([one for one in _once(images) if one.kind == kind] for kind in ("colour", "grey"))
    pictures = next(filter(None, by_kind), [])
    if not pictures:
        raise InputError(bag, _listed(images), "a topic of colour pictures", "record one (image_raw)")
    if len(pictures) > 1:
        raise InputError(bag, _listed(pictures), "one topic of pictures", "say which with topic=")
    return pictures[0]


def _depth(bag: Path, images: Sequence[ImageTopic], colour: ImageTopic, name: str | None) -> str | None:
    depths = [one for one in images if one.kind == "depth"]
    if name is not None:
        return _named(bag, name, depths, "depth").name
    registered = [one for one in _once(depths) if one.frame_id == colour.frame_id]
    if len(registered) > 1:
        raise InputError(bag, _listed(registered), "one topic of depth", "say which with depth=")
    if depths and not registered:
        frames = ", ".join(f"{one.name} in {one.frame_id!r}" for one in depths)
        warn_input(
            bag, f"{frames}, the colours in {colour.frame_id!r}", "depth registered to the colours",
            "the depth is left out; say which with depth= if it is registered all the same",
        )  # fmt: skip
    return registered[0].name if registered else None


def _named(bag: Path, name: str, of_kind: Sequence[ImageTopic], argument: str) -> ImageTopic:
    """The topic of a name, raw or compressed; InputError lists those that there are."""
    found = [one for one in of_kind if one.name == name]
    if not found:
        there = f"in {bag} {_listed(of_kind)}"
        raise InputError(f"{argument}={name!r}", there, "one of these", "check the name")
    return found[0]


def _info(bag: Path, colour: str, infos: Sequence[str]) -> str:
    own = _raw(colour).rsplit("/", 1)[0] + "/camera_info"
    if own in infos:
        return own
    if len(infos) == 1:
        return infos[0]
    cure = "give the camera's file with camera="
    raise InputError(bag, ", ".join(infos) or "no camera_info", f"the camera of {colour}: {own}", cure)


def _listed(images: Sequence[ImageTopic]) -> str:
    return ", ".join(map(str, images)) or "no topic of pictures"
