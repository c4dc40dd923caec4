"""BOP's other two layouts, with files named by image: loose (BOP-imagewise) or in shards (BOP-webdataset)."""

import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import numpy as np

from bop_eval.datasets.image import EvaluationImage, read_lens, read_truth, read_visible
from objpose.errors import InputError
from objpose.io import JsonValue, read_depth, read_image, read_json
from objpose.io.bop_scene import REPAIR, known_depth_scale
from objpose.io.images import read_image_size

KEY = re.compile(r"(\d+)_(\d+)")  # scene and image, with any number of digits
COLOR_SUFFIXES = ("rgb.png", "rgb.jpg", "gray.tiff", "gray.png")
SHARD_MAP = "key_to_shard.json"

Content = TypeVar("Content")


class KeyedFiles(Protocol):
    """Files `KEY.SUFFIX`, wherever they are kept."""

    place: Path

    def image_keys(self) -> list[str]:
        """The keys of all images."""

    def has(self, key: str, suffix: str) -> bool:
        """Whether there is such a file."""

    def file(self, key: str, suffix: str) -> AbstractContextManager[Path]:
        """The file, to be read within the context."""


class LooseFiles:
    """BOP-imagewise: all files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.place = folder

    def image_keys(self) -> list[str]:
        return [path.name.split(".")[0] for path in self.place.glob("*.camera.json")]

    def has(self, key: str, suffix: str) -> bool:
        return (self.place / f"{key}.{suffix}").is_file()

    def file(self, key: str, suffix: str) -> AbstractContextManager[Path]:
        return nullcontext(self.place / f"{key}.{suffix}")


class ShardFiles:
    """BOP-webdataset: the same files in `shard-000000.tar` and so on, each listed when first needed."""

    def __init__(self, folder: Path) -> None:
        self.place = folder
        self._members: dict[Path, dict[str, tarfile.TarInfo]] = {}

    def image_keys(self) -> list[str]:
        return list(self._shard_of)

    def has(self, key: str, suffix: str) -> bool:
        return f"{key}.{suffix}" in self._listed(self._shard_of[key])

    @contextmanager
    def file(self, key: str, suffix: str) -> Iterator[Path]:
        shard, name = self._shard_of[key], f"{key}.{suffix}"
        with tarfile.open(shard) as opened, TemporaryDirectory(prefix=f"{shard.stem}-") as folder:
            path = Path(folder, name)
            stored = opened.extractfile(self._listed(shard)[name])
            assert stored is not None  # only files are listed
            path.write_bytes(stored.read())
            yield path

    @cached_property
    def _shard_of(self) -> dict[str, Path]:
        """The shard of each key, from the set's map where it has one."""
        path = self.place / SHARD_MAP
        if path.is_file():
            numbers = ((key, shard.integer()) for key, shard in read_json(path).members())
            return {key: self.place / f"shard-{number:06d}.tar" for key, number in numbers}
        shards = sorted(self.place.glob("shard-*.tar"))
        return {name.split(".")[0]: shard for shard in shards for name in self._listed(shard)}

    def _listed(self, shard: Path) -> dict[str, tarfile.TarInfo]:
        if shard not in self._members:
            try:
                with tarfile.open(shard) as opened:
                    self._members[shard] = {member.name: member for member in opened if member.isfile()}
            except (OSError, tarfile.TarError) as error:
                raise InputError(shard, f"{error}", "a shard (.tar) of a BOP set", REPAIR) from error
        return self._members[shard]


class KeyedImages:
    """The images of keyed files."""

    def __init__(self, files: KeyedFiles) -> None:
        self._files = files

    def image(self, scene_id: int, im_id: int) -> EvaluationImage:
        """An image.

        Raises:
            InputError: no such image, or a missing or malformed file of it.
        """
        key = self._key(scene_id, im_id)
        camera = self._annotation(key, "camera.json")
        obj_ids, cam_from_obj = read_truth(self._annotation(key, "gt.json"))
        info = self._annotation(key, "gt_info.json") if self._files.has(key, "gt_info.json") else None
        color = next((suffix for suffix in COLOR_SUFFIXES if self._files.has(key, suffix)), None)
        depth = "depth.png" if self._files.has(key, "depth.png") else None

        def read_measured() -> np.ndarray:
            scale = known_depth_scale(camera, self._files.place.parent)
            return self._read(key, depth, lambda path: read_depth(path, scale))

        size = self._read(key, color or depth, partial(read_image_size, upright=False))
        return EvaluationImage(
            scene_id, im_id, *read_lens(camera), *size,
            obj_ids, cam_from_obj, read_visible(info, len(obj_ids)),
            depth=read_measured if depth else None,
            rgb=(lambda: self._read(key, color, partial(read_image, upright=False))) if color else None,
        )  # fmt: skip

    @cached_property
    def _keys(self) -> dict[tuple[int, int], str]:
        matches = ((KEY.fullmatch(key), key) for key in self._files.image_keys())
        return {(int(match[1]), int(match[2])): key for match, key in matches if match}

    def _key(self, scene_id: int, im_id: int) -> str:
        if (scene_id, im_id) not in self._keys:
            found = f"no image {scene_id}_{im_id} among {len(self._keys)}"
            raise InputError(self._files.place, found, "its annotations", f"check the ids, or {REPAIR}")
        return self._keys[scene_id, im_id]

    def _annotation(self, key: str, suffix: str) -> JsonValue:
        return self._read(key, suffix, read_json)

    def _read(self, key: str, suffix: str | None, read: Callable[[Path], Content]) -> Content:
        if suffix is None or not self._files.has(key, suffix):
            expected = suffix or "a picture, for the size of the image"
            raise InputError(self._files.place / key, "no such file", expected, REPAIR)
        with self._files.file(key, suffix) as path:
            return read(path)


def keyed_files(folder: Path) -> KeyedFiles | None:
    """The files of a folder that is in one of the two layouts, else None."""
    if (folder / SHARD_MAP).is_file() or next(folder.glob("shard-*.tar"), None):
        return ShardFiles(folder)
    return LooseFiles(folder) if next(folder.glob("*.camera.json"), None) else None
