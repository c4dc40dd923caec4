"""One scene folder of a BOP set: cameras, ground truth and pictures, each file read when first needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from objpose.errors import InputError, warn_input
from objpose.geometry import SE3, Camera
from objpose.io.camera_files.depth_unit import METERS_PER_MM, read_depth_scale
from objpose.io.camera_files.entry import camera_of
from objpose.io.json_file import JsonValue, read_json
from objpose.io.masks import read_mask

PICTURE_SUFFIXES = (".png", ".jpg", ".tif", ".jpeg", ".tiff")
REPAIR = "get the images archive of the set again from https://bop.felk.cvut.cz/datasets and unpack it there"


def known_depth_scale(entry: JsonValue, root: Path) -> float:
    """Metres per stored unit: of an entry of scene_camera.json, else of the set's camera.json, which is said.

    Raises:
        InputError: neither has it.
    """
    where = f"{entry.file}: {entry.key_path}"
    scale = read_depth_scale(entry)
    if scale is not None:
        return scale
    path = root / "camera.json"
    scale = read_depth_scale(read_json(path)) if path.is_file() else None
    if scale is None:
        cure = "add depth_scale (stored unit to mm, 1.0 for millimetres) there or to camera.json"
        raise InputError(where, "no depth_scale", "one, for the depth images", cure)
    # The file alone, not the image: the same is said once for a scene.
    warn_input(entry.file, "no depth_scale", "one for each image", f"that of {path} is used")
    return scale


@dataclass(frozen=True)
class GroundTruth:
    """One object instance of an image."""

    obj_id: int
    cam_from_obj: SE3  # float64
    visib_fract: float | None  # visible share of the silhouette; None without scene_gt_info.json
    mask_path: Path  # whole silhouette
    mask_visib_path: Path  # its visible part

    def mask(self) -> np.ndarray:
        """(H, W) bool: the whole silhouette.

        Raises:
            InputError: the file is missing.
        """
        return read_mask(_existing(self.mask_path, "the silhouette of an object"))

    def mask_visib(self) -> np.ndarray:
        """(H, W) bool: the visible part of the silhouette.

        Raises:
            InputError: the file is missing.
        """
        return read_mask(_existing(self.mask_visib_path, "the visible silhouette of an object"))


class BopScene:
    """A scene folder, e.g. `test/000001`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def cameras(self) -> dict[int, JsonValue]:
        """The entries of scene_camera.json by image id."""
        return self._by_image("scene_camera.json", "the cameras of the scene")

    def image_camera(self, im_id: int, size: tuple[int, int]) -> Camera:
        """The camera of an image of this width and height.

        Raises:
            InputError: no such image, a camera model that is none of ours, members that nothing here knows.
        """
        entry = self.camera(im_id)
        if "cam_model" in entry and "cam_K" not in entry:
            raise InputError(
                f"{entry.file}: {entry.key_path}",
                "cam_model",
                "cam_K (pinhole)",
                "undistort the images first",
            )
        return camera_of(entry, size, known=("depth_scale",))[0]

    def camera(self, im_id: int) -> JsonValue:
        """The entry of an image in scene_camera.json."""
        return self._entry(self.cameras, im_id, "scene_camera.json")

    def picture(self, kind: str, im_id: int) -> Path:
        """The file of an image: `kind` is rgb, gray or depth.

        Raises:
            InputError: missing file.
        """
        path = self.find_picture(kind, im_id)
        if path is None:
            path = self.folder / kind / f"{im_id:06d}.png"
            raise InputError(path, "no such file", f"the {kind} image {im_id}", REPAIR)
        return path

    def find_picture(self, kind: str, im_id: int) -> Path | None:
        """The same, or None for a missing file."""
        stem = self.folder / kind / f"{im_id:06d}"
        return next((p for p in map(stem.with_suffix, PICTURE_SUFFIXES) if p.is_file()), None)

    def ground_truth(self, im_id: int) -> list[GroundTruth]:
        """The object instances of an image, in the order of scene_gt.json.

        Raises:
            InputError: scene_gt.json is missing or malformed, or has no such image.
        """
        items = self._entry(self._gt, im_id, "scene_gt.json").items()
        fractions = self._visible_fractions(im_id, len(items))
        return [self._instance(item, im_id, i, fractions[i]) for i, item in enumerate(items)]

    @cached_property
    def _gt(self) -> dict[int, JsonValue]:
        return self._by_image("scene_gt.json", "the true poses of the scene")

    @cached_property
    def _gt_info(self) -> dict[int, JsonValue] | None:
        if not (self.folder / "scene_gt_info.json").is_file():
            return None
        return self._by_image("scene_gt_info.json", "visibilities")

    def _instance(self, item: JsonValue, im_id: int, index: int, visib_fract: float | None) -> GroundTruth:
        rotation = torch.tensor(item["cam_R_m2c"].numbers(9), dtype=torch.float64).reshape(3, 3)
        translation = torch.tensor(item["cam_t_m2c"].numbers(3), dtype=torch.float64) * METERS_PER_MM
        name = f"{im_id:06d}_{index:06d}.png"
        return GroundTruth(
            obj_id=item["obj_id"].integer(),
            cam_from_obj=SE3.from_rotation_translation(rotation, translation),
            visib_fract=visib_fract,
            mask_path=self.folder / "mask" / name,
            mask_visib_path=self.folder / "mask_visib" / name,
        )

    def _visible_fractions(self, im_id: int, count: int) -> list[float | None]:
        if self._gt_info is None:
            return [None] * count
        items = self._entry(self._gt_info, im_id, "scene_gt_info.json").items()
        if len(items) != count:
            raise InputError(
                self.folder / "scene_gt_info.json", f"{len(items)} instances in image {im_id}",
                f"the {count} of scene_gt.json", REPAIR,
            )  # fmt: skip
        return [item["visib_fract"].number() for item in items]

    def _by_image(self, name: str, meaning: str) -> dict[int, JsonValue]:
        entries = read_json(_existing(self.folder / name, meaning)).members()
        try:
            return {int(key): value for key, value in entries}
        except ValueError as error:
            raise InputError(
                self.folder / name, f"a key that is no image id ({error})", "image ids", REPAIR
            ) from error

    def _entry(self, entries: dict[int, JsonValue], im_id: int, name: str) -> JsonValue:
        if im_id not in entries:
            found = f"no image {im_id} among {len(entries)}"
            raise InputError(
                self.folder / name, found, f"an entry {im_id}", f"check the image id, or {REPAIR}"
            )
        return entries[im_id]


def _existing(path: Path, meaning: str) -> Path:
    if not path.is_file():
        raise InputError(path, "no such file", meaning, REPAIR)
    return path
