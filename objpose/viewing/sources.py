"""The files that an answer was found in, kept beside it so that it can be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from objpose.errors import InputError, warn_input
from objpose.frame import Frame
from objpose.frame_files import read_frame
from objpose.io.json_file import JsonValue
from objpose.objects import ObjectModel
from objpose.onboarding import load_object
from objpose.onboarding.units import METRES_PER_UNIT, Units


@dataclass(frozen=True)
class ObjectSource:
    """Where an object was read from: the folder it is stored in, or the mesh file it was onboarded from."""

    name: str
    place: Path
    units: Units  # of a mesh file; "auto" for what is stored
    content: str  # ObjectModel.content, by which a changed object is noticed

    @staticmethod
    def of(model: ObjectModel, given: str | Path) -> ObjectSource:
        """given: what the object was called by on the command line."""
        if model.folder is not None:
            return ObjectSource(model.name, model.folder.resolve(), "auto", model.content)
        told = model.source["units"]
        units: Units = told if told in METRES_PER_UNIT else "auto"
        return ObjectSource(model.name, Path(given).resolve(), units, model.content)

    @staticmethod
    def read(entry: JsonValue) -> ObjectSource:
        units = entry["units"].text()
        if units != "auto" and units not in METRES_PER_UNIT:
            known = ", ".join(("auto", *METRES_PER_UNIT))
            raise InputError(entry["units"].place, units, f"one of {known}", "make the result again")
        place = Path(entry["from"].text())
        return ObjectSource(entry["name"].text(), place, units, entry["content"].text())  # type: ignore[arg-type]

    def record(self) -> dict:
        return {"name": self.name, "from": str(self.place), "units": self.units, "content": self.content}

    def load(self) -> ObjectModel:
        """The object; warns where it is no longer the one that was found."""
        model = load_object(self.place, self.units)
        if model.content != self.content:
            found = "another object than when the result was made"
            warn_input(self.place, found, "the same", "poses are drawn with what is there now")
        return model


@dataclass(frozen=True)
class FrameSource:
    """The files of one frame."""

    image: Path
    camera: Path
    depth: Path | None
    depth_scale: float | None  # metres per stored unit, where it was given

    @staticmethod
    def read(entry: JsonValue) -> FrameSource:
        return FrameSource(
            Path(entry["image"].text()),
            Path(entry["camera"].text()),
            Path(entry["depth"].text()) if "depth" in entry else None,
            entry["depth_scale"].number() if "depth_scale" in entry else None,
        )

    def record(self) -> dict:
        return {
            "image": str(self.image.resolve()),
            "camera": str(self.camera.resolve()),
            "depth": None if self.depth is None else str(self.depth.resolve()),
            "depth_scale": self.depth_scale,
        }

    def load(self) -> Frame:
        return read_frame(self.image, self.camera, self.depth, self.depth_scale)[0]


def estimate_inputs(
    frame: FrameSource, models: Sequence[ObjectModel], given: Sequence[str | Path]
) -> dict[str, object]:
    """What poses.json holds besides the poses, so that they can be looked at again."""
    return {"frame": frame.record(), "objects": object_records(models, given)}


def object_records(models: Sequence[ObjectModel], given: Sequence[str | Path]) -> list[dict]:
    """One JSON object for each object, by what it was called."""
    return [ObjectSource.of(model, name).record() for model, name in zip(models, given, strict=True)]


def read_objects(entry: JsonValue) -> list[ObjectSource]:
    return [ObjectSource.read(item) for item in entry.items()]
