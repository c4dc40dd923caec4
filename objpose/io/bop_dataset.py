"""A data set in BOP's classic layout. Millimetres end here: everything that comes out is in metres."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Camera, Mesh
from objpose.io.bop_models import BopModels, ModelInfo, find_models_folder
from objpose.io.bop_scene import REPAIR, BopScene, GroundTruth, known_depth_scale
from objpose.io.depth import read_depth
from objpose.io.images import read_image_size, read_view_image
from objpose.io.json_file import read_json


@dataclass(frozen=True)
class BopTarget:
    """What a test asks for: `inst_count` instances of an object in an image."""

    scene_id: int
    im_id: int
    obj_id: int
    inst_count: int


@dataclass(frozen=True)
class BopImage:
    """One image; pictures and truth are read when first asked for."""

    scene_id: int
    im_id: int
    camera: Camera
    rgb_path: Path
    depth_path: Path | None  # None for a set without depth, or where it is not asked for
    depth_scale: float | None  # metres per stored unit
    scene: BopScene = field(repr=False)

    @cached_property
    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8."""
        return read_view_image(self.rgb_path, (self.camera.width, self.camera.height)).pixels

    @cached_property
    def depth(self) -> np.ndarray | None:
        """(H, W) float32 metres, 0 = missing; None for a set without depth."""
        return None if self.depth_path is None else read_depth(self.depth_path, self.depth_scale)

    def decode(self) -> None:
        """Read the pictures now; raises `InputError` when one cannot be read."""
        _ = self.rgb, self.depth

    @cached_property
    def gts(self) -> list[GroundTruth]:
        """The true instances.

        Raises:
            InputError: the set keeps its truth private.
        """
        return self.scene.ground_truth(self.im_id)


class BopDataset:
    """A BOP set: `root/models*`, `root/<split>/<scene>`, `root/test_targets_bop19.json`.

    Args:
        root: folder of the set.
        split: e.g. "test"; a single folder `<split>_<type>` (`test_primesense`) is taken for it.
        models: name of the models folder; by default the first of models, models_cad, models_reconst, ...

    Raises:
        InputError: the folder, the split or the models are missing; lists what there is.
    """

    def __init__(self, root: str | os.PathLike, split: str = "test", models: str | None = None) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError(self.root, "no such folder", "a BOP data set", "check the name")
        self.split_dir = _find_split(self.root, split)
        self.models = BopModels(find_models_folder(self.root, models))
        self._scenes: dict[int, BopScene] = {}

    @property
    def name(self) -> str:
        """The name of the folder, by BOP's custom the name of the set."""
        return self.root.resolve().name

    @property
    def models_dir(self) -> Path:
        return self.models.folder

    @property
    def models_info(self) -> dict[int, ModelInfo]:
        return self.models.infos

    @property
    def object_ids(self) -> list[int]:
        return list(self.models.infos)

    def mesh(self, obj_id: int) -> Mesh:
        """The mesh of an object in metres; raises `InputError` as `BopModels.mesh`."""
        return self.models.mesh(obj_id)

    @property
    def targets_path(self) -> Path:
        return self.root / "test_targets_bop19.json"

    def targets(self) -> list[BopTarget]:
        """The targets of test_targets_bop19.json, in its order.

        Raises:
            InputError: missing or malformed file, a count below 1, or an object twice in an image.
        """
        path = self.targets_path
        if not path.is_file():
            raise InputError(path, "no such file", "the list of targets of the set", REPAIR)
        targets: dict[tuple[int, int, int], BopTarget] = {}
        for item in read_json(path).items():
            target = BopTarget(
                *(item[key].integer() for key in ("scene_id", "im_id", "obj_id", "inst_count"))
            )
            if target.inst_count < 1:
                raise InputError(
                    f"{path}: {item.key_path}", target.inst_count, "inst_count of 1 or more", "correct it"
                )
            key = (target.scene_id, target.im_id, target.obj_id)
            if key in targets:
                found = (
                    f"object {target.obj_id} a second time in scene {target.scene_id} image {target.im_id}"
                )
                raise InputError(
                    f"{path}: {item.key_path}", found, "one target, with inst_count", "merge the two"
                )
            targets[key] = target
        return list(targets.values())

    def scene_ids(self) -> list[int]:
        """The scenes of the split, ascending."""
        return sorted(int(path.name) for path in self.split_dir.iterdir() if path.name.isdecimal())

    def image_ids(self) -> list[tuple[int, int]]:
        """(scene id, image id) of every image of the split, ascending."""
        return [
            (scene_id, im_id)
            for scene_id in self.scene_ids()
            for im_id in sorted(self.scene(scene_id).cameras)
        ]

    def scene(self, scene_id: int) -> BopScene:
        """A scene of the split.

        Raises:
            InputError: the split has no such scene.
        """
        if scene_id not in self._scenes:
            folder = self.split_dir / f"{scene_id:06d}"
            if not folder.is_dir():
                raise InputError(
                    folder, "no such folder", f"scene {scene_id}", f"check the scene id, or {REPAIR}"
                )
            self._scenes[scene_id] = BopScene(folder)
        return self._scenes[scene_id]

    def image(self, scene_id: int, im_id: int, with_depth: bool = True) -> BopImage:
        """An image with its camera; its files are checked to be there now, and read when first asked for.

        with_depth: False leaves its depth alone, be there a scale for it or not.

        Raises:
            InputError: no such scene or image, a missing file, no depth_scale, or a camera that does not fit
                the picture.
        """
        scene = self.scene(scene_id)
        scene.camera(im_id)  # names an image that is unknown before one looks for its files
        rgb_path = scene.find_picture("rgb", im_id) or scene.find_picture("gray", im_id)
        rgb_path = rgb_path or scene.picture("rgb" if (scene.folder / "rgb").is_dir() else "gray", im_id)
        camera = scene.image_camera(im_id, read_image_size(rgb_path, upright=False))
        has_depth = with_depth and (scene.folder / "depth").is_dir()
        depth_path = scene.picture("depth", im_id) if has_depth else None
        depth_scale = known_depth_scale(scene.camera(im_id), self.root) if has_depth else None
        return BopImage(scene_id, im_id, camera, rgb_path, depth_path, depth_scale, scene)


def _find_split(root: Path, split: str) -> Path:
    if (root / split).is_dir():
        return root / split
    typed = sorted(path.name for path in root.glob(f"{split}_*") if path.is_dir())
    if len(typed) == 1:
        return root / typed[0]
    folders = typed or sorted(path.name for path in root.iterdir() if path.is_dir())
    found = f"no folder {split!r} among {', '.join(folders) or 'none'}"
    raise InputError(
        root, found, "the images of a split", "name the split, e.g. --split test, or fetch its images"
    )
