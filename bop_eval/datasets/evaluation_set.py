"""A test set: targets, models, images, and the rules that hold for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from bop_eval.datasets.image import EvaluationImage
from bop_eval.datasets.keyed import KeyedImages, keyed_files
from bop_eval.datasets.known import KNOWN_SETS, KnownSet
from bop_eval.datasets.scenewise import ScenewiseImages
from objpose.errors import InputError
from objpose.io import BopDataset, BopTarget, read_json
from objpose.io.bop_models import BopModels
from objpose.io.bop_scene import REPAIR

EVALUATION_MODELS = "models_eval"
LOCALIZATION_TARGETS = "test_targets_bop19.json"
DETECTION_TARGETS = "test_targets_bop24.json"


class Images(Protocol):
    """Where images come from."""

    def image(self, scene_id: int, im_id: int) -> EvaluationImage:
        """An image; raises `InputError` where it is missing or malformed."""


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """A set to evaluate on; open one with `open_test_set`."""

    root: Path
    name: str
    split: str
    rules: KnownSet
    models: BopModels
    images: Images

    @property
    def has_localization(self) -> bool:
        """Whether there is a list of targets for the localization task."""
        return (self.root / LOCALIZATION_TARGETS).is_file()

    @property
    def has_detection(self) -> bool:
        """Whether there is a list of images for the detection task."""
        return (self.root / DETECTION_TARGETS).is_file()

    @cached_property
    def localization_targets(self) -> list[BopTarget]:
        """The targets of test_targets_bop19.json.

        Raises:
            InputError: missing or malformed file.
        """
        return BopDataset(self.root, self.split).targets()

    @cached_property
    def detection_images(self) -> list[tuple[int, int]]:
        """(scene id, image id) of the images of test_targets_bop24.json, scene by scene.

        Raises:
            InputError: missing or malformed file.
        """
        path = self.root / DETECTION_TARGETS
        if not path.is_file():
            raise InputError(path, "no such file", "the list of images of the detection task", REPAIR)
        entries = read_json(path).items()
        scenes: dict[int, dict[int, None]] = {}
        for entry in entries:
            scenes.setdefault(entry["scene_id"].integer(), {})[entry["im_id"].integer()] = None
        return [(scene_id, im_id) for scene_id, im_ids in scenes.items() for im_id in im_ids]

    def read_images(self, wanted: list[tuple[int, int]]) -> Iterator[EvaluationImage]:
        """The images wanted, one after the other."""
        return (self.images.image(scene_id, im_id) for scene_id, im_id in wanted)


def open_test_set(folder: Path | str, split: str | None = None, name: str | None = None) -> EvaluationSet:
    """Open a BOP set by its folder; its name gives the rules where BOP has some for it.

    The layout of the split is told by what is in it: scenes, files by image, or shards.

    Args:
        folder: of the set.
        split: folder of the images; None for the one that BOP tests on, else `test`.
        name: of the set; None for the folder's name.

    Raises:
        InputError: no such folder, no models or no such split.
    """
    root = Path(folder)
    name = name or root.resolve().name
    rules = KNOWN_SETS.get(name, KnownSet())
    models = EVALUATION_MODELS if (root / EVALUATION_MODELS).is_dir() else None
    dataset = BopDataset(root, split or rules.split, models)
    files = keyed_files(dataset.split_dir)
    images = ScenewiseImages(dataset.split_dir, rules) if files is None else KeyedImages(files)
    return EvaluationSet(root, name, dataset.split_dir.name, rules, dataset.models, images)
