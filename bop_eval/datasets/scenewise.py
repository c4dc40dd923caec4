"""Images of a split in BOP's folders of scenes, classic or with several sensors as since BOP24."""

from pathlib import Path

from bop_eval.datasets.image import EvaluationImage, read_lens, read_truth, read_visible
from bop_eval.datasets.known import KnownSet
from objpose.errors import InputError
from objpose.io import JsonValue, read_depth, read_image, read_json
from objpose.io.bop_scene import PICTURE_SUFFIXES, REPAIR, known_depth_scale
from objpose.io.images import read_image_size

COLOR_KINDS = ("rgb", "gray")


class ScenewiseImages:
    """`SPLIT/SCENE/scene_camera[_SENSOR].json` and so on, each file read when first needed."""

    def __init__(self, split_dir: Path, rules: KnownSet) -> None:
        self._split_dir, self._rules = split_dir, rules
        self._files: dict[Path, dict[str, JsonValue]] = {}
        self._sensors: dict[int, str | None] = {}

    def image(self, scene_id: int, im_id: int) -> EvaluationImage:
        """An image.

        Raises:
            InputError: no such scene or image, or a missing or malformed file.
        """
        camera, root = self._entry("scene_camera", scene_id, im_id), self._split_dir.parent
        obj_ids, cam_from_obj = read_truth(self._entry("scene_gt", scene_id, im_id))
        has_info = self._file("scene_gt_info", scene_id).is_file()
        info = self._entry("scene_gt_info", scene_id, im_id) if has_info else None
        visible = read_visible(info, len(obj_ids))
        rgb = next(filter(None, (self._picture(kind, scene_id, im_id) for kind in COLOR_KINDS)), None)
        depth = self._picture("depth", scene_id, im_id)
        return EvaluationImage(
            scene_id, im_id, *read_lens(camera), *self._size(scene_id, im_id, rgb or depth),
            obj_ids, cam_from_obj, visible,
            depth=(lambda: read_depth(depth, known_depth_scale(camera, root))) if depth else None,
            rgb=(lambda: read_image(rgb, upright=False)) if rgb else None,
        )  # fmt: skip

    def _scene(self, scene_id: int) -> Path:
        folder = self._split_dir / f"{scene_id:06d}"
        if not folder.is_dir():
            cure = f"check the scene id, or {REPAIR}"
            raise InputError(folder, "no such folder", f"scene {scene_id}", cure)
        return folder

    def _sensor(self, scene_id: int) -> str | None:
        """The suffix of the annotation files to use; None for a classic scene."""
        if scene_id not in self._sensors:
            folder = self._scene(scene_id)
            known = self._rules.sensor(scene_id)
            present = sorted(path.stem[len("scene_camera_") :] for path in folder.glob("scene_camera_*.json"))
            is_classic = (folder / "scene_camera.json").is_file()
            if not is_classic and known not in present and len(present) != 1:
                found = f"scene_camera files of the sensors {', '.join(present) or 'none'}"
                raise InputError(folder, found, f"{known or 'one sensor'}", REPAIR)
            chosen = known if known in present else next(iter(present), None)
            self._sensors[scene_id] = None if is_classic else chosen
        return self._sensors[scene_id]

    def _file(self, name: str, scene_id: int) -> Path:
        sensor = self._sensor(scene_id)
        return self._scene(scene_id) / (f"{name}_{sensor}.json" if sensor else f"{name}.json")

    def _entry(self, name: str, scene_id: int, im_id: int) -> JsonValue:
        path = self._file(name, scene_id)
        if path not in self._files:
            if not path.is_file():
                raise InputError(path, "no such file", "annotations of a test set with known truth", REPAIR)
            self._files[path] = dict(read_json(path).members())
        if str(im_id) not in self._files[path]:
            found = f"no image {im_id} among {len(self._files[path])}"
            raise InputError(path, found, f"an entry {im_id}", f"check the image id, or {REPAIR}")
        return self._files[path][str(im_id)]

    def _picture(self, kind: str, scene_id: int, im_id: int) -> Path | None:
        """`rgb/000001.png`, or `rgb_SENSOR/...`, or the sensor's own folder (HOT3D: gray1)."""
        sensor, scene = self._sensor(scene_id), self._scene(scene_id)
        folders = [kind] if sensor is None else [f"{kind}_{sensor}", *([sensor] if kind in sensor else [])]
        stems = [scene / folder / f"{im_id:06d}" for folder in folders]
        paths = (stem.with_suffix(suffix) for stem in stems for suffix in PICTURE_SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def _size(self, scene_id: int, im_id: int, picture: Path | None) -> tuple[int, int]:
        if picture is not None:
            return read_image_size(picture, upright=False)
        if self._rules.image_size is None:
            folder = self._scene(scene_id)
            raise InputError(folder, f"no picture of image {im_id}", "one, for the size of the image", REPAIR)
        return self._rules.image_size
