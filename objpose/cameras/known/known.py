"""Known: what the caller tells of the photos, and the checks that it is about these photos."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from objpose.cameras.known.coins import CoinAt, coin_diameter
from objpose.cameras.known.lengths import Length
from objpose.cameras.known.tag_families import DEFAULT_FAMILY, check_family
from objpose.errors import InputError
from objpose.geometry.rigid_matrices import centre_of
from objpose.io import PhotoCamera, read_placed_cameras

ONE_PLACE = 1e-9  # of their spread: known cameras closer together tell no length

KnownCameras = str | os.PathLike | Mapping[str, PhotoCamera] | None


@dataclass(frozen=True)
class Known:
    """Each is a constraint; what the photos contradict is named in `RecoveredScene.contradictions`.

    cameras: of some photos by name, or a file of them that `read_placed_cameras` reads. The others are placed
    relative to them, in their frame and unit; in the end all are adjusted together, each of them known to
    camera_sigma_deg in its turn and to camera_sigma_place of their spread in its place, by default as far as
    that turn is; at 0 they hold. Photos without intrinsics take theirs.
    lengths: distances between cameras, (photo, photo, metres): the answer is in metres then.
    turntable: the object was turned about one axis before a standing camera; it is what is meant.
    turntable_step: it was turned on by so many degrees between all photos, in the order of their names, or by
    one angle that is to be found, "constant".
    sequence: the photos were taken one after the other in the order of their names: those near to each other
    are searched, of the others some. of:
    which of two things that move differently is meant, "object", in the middle of the photos, or "scene".
    tag_size: metres along the black square of the tags in the photos, of all or by id; tag_family: of which
    they are, as "36h11" (AprilTag) or "aruco_4x4_50"; either asks for them, on the masks or beside. A tag
    joins the photos that show it, and one of known size makes metres. object_size: metres between the
    farthest two points of the object that the masks show. coin: a flat disc that lies beside the object, by
    its name, as "2 euro" or "quarter", or its diameter in metres; coin_at: (photo, column, row), a pixel of
    it, where photos show more round things. One that three photos show makes metres; it needs OpenCV.
    """

    cameras: KnownCameras = None
    lengths: tuple[Length, ...] = ()
    turntable: bool = False
    sequence: bool = False
    of: str | None = None
    tag_size: float | Mapping[int, float] | None = None
    tag_family: str | None = None
    object_size: float | None = None
    coin: str | float | None = None
    coin_at: CoinAt | None = None
    turntable_step: float | str | None = None
    camera_sigma_deg: float = 0.5
    camera_sigma_place: float | None = None
    length_sigma: float = 0.02  # share that a length may be off: a centimetre of half a metre

    def __post_init__(self) -> None:
        if min(self.camera_sigma_deg, self.camera_sigma_place or 0.0) < 0:
            raise InputError("sigma of known cameras", "a negative number", "0 or more", "correct it")
        if self.of not in (None, "object", "scene"):
            raise InputError("of", self.of, "object or scene", "say which of the two is meant")
        step = self.turntable_step
        if not (
            step is None or step == "constant" or (isinstance(step, int | float) and 0 < abs(step) < 360)
        ):
            cure = "give the degrees from photo to photo, or constant"
            raise InputError("turntable step", step, "degrees between 0 and 360, or constant", cure)
        if self.is_turned and self.of == "scene":
            raise InputError("of", self.of, "object, which a turntable turns", "take one of the two away")
        for size in self.tag_size.values() if isinstance(self.tag_size, Mapping) else [self.tag_size]:
            if size is not None and not size > 0:
                raise InputError("tag size", size, "metres above 0", "measure along the black square")
        if self.object_size is not None and not self.object_size > 0:
            raise InputError(
                "object size", self.object_size, "metres above 0", "measure its longest way across"
            )
        if self.tag_family is not None:
            check_family(self.tag_family)
        if self.coin_at is not None and self.coin is None:
            cure = "give its name or diameter (coin, --coin)"
            raise InputError("place of a coin", "no coin", "how large it is", cure)
        if self.coin is not None:
            coin_diameter(self.coin)

    @property
    def asked(self) -> str | None:
        """Which of two things that move differently is meant, None where nobody said."""
        return "object" if self.is_turned else self.of

    @property
    def is_turned(self) -> bool:
        """Whether the object was on a turntable."""
        return self.turntable or self.turntable_step is not None

    def place_sigma(self, held: Mapping[int, np.ndarray]) -> float:
        """Standard deviation of the places of known cameras, (4, 4) by photo, in their unit."""
        share = (
            np.radians(self.camera_sigma_deg) if self.camera_sigma_place is None else self.camera_sigma_place
        )
        centres = np.array([centre_of(cam) for cam in held.values()])
        return float(share * np.linalg.norm(centres - centres.mean(0), axis=1).max())

    @property
    def tags(self) -> str | None:
        """The family of the tags to look for, None where nobody asks for them."""
        return DEFAULT_FAMILY if self.tag_family is None and self.tag_size is not None else self.tag_family

    @property
    def is_metric(self) -> bool:
        """Whether anything is told that makes metres, known cameras aside."""
        sizes = self.tag_size, self.object_size, self.coin
        return bool(self.lengths) or any(size is not None for size in sizes)

    @property
    def sized_tags(self) -> Collection[int]:
        """Ids whose sizes are told one by one."""
        return self.tag_size.keys() if isinstance(self.tag_size, Mapping) else ()

    def tag_side(self, number: int) -> float | None:
        """Metres of a tag, None where nobody said."""
        return self.tag_size.get(number) if isinstance(self.tag_size, Mapping) else self.tag_size

    def cameras_of(self, names: Sequence[str]) -> dict[str, PhotoCamera]:
        """The known cameras by the names of the photos.

        Raises:
            InputError: cameras of no photo, two of one photo, none that has a place, or all in one place.
        """
        if self.cameras is None:
            return {}
        given = self.cameras if isinstance(self.cameras, Mapping) else read_placed_cameras(self.cameras)
        photos = {name: _photo_of(name, names) for name in given}
        unknown = [name for name, photo in photos.items() if photo is None]
        if unknown:
            refuse_names("known cameras", unknown)
        _check_once(photos)
        found = {photo: given[name] for name, photo in photos.items() if photo is not None}
        placed = {name: camera for name, camera in found.items() if camera.cam_from_world is not None}
        if not placed:
            raise InputError(
                "known cameras",
                f"{len(given)} cameras, none with a place",
                "cam_from_world of some photos",
                "give the cameras that are known, or leave them out",
            )
        _check_apart(placed)
        return placed


def refuse_names(what: str, unknown: Sequence[str]) -> None:
    """Raise InputError that names what is no photo."""
    some = ", ".join(map(repr, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
    raise InputError(what, f"no photo {some}", "names of photos", "check the names")


def held_cameras(cameras: Mapping[str, PhotoCamera], names: Sequence[str]) -> dict[int, np.ndarray]:
    """cam_from_world (4, 4) of the known cameras by the photo's index."""
    held = {}
    for index, name in enumerate(names):
        motion = cameras[name].cam_from_world if name in cameras else None
        if motion is not None:
            held[index] = motion.matrix().double().numpy()
    return held


def standing(cams_from_world: Mapping[int, np.ndarray], held: Mapping[int, np.ndarray]) -> list[int]:
    """The photos of a placement that stand where they are known to; none unless two do, which is what makes
    the frame and the unit of the placement the known ones.
    """
    found = [
        index for index, cam in cams_from_world.items() if index in held and np.array_equal(cam, held[index])
    ]
    return found if len(found) > 1 else []


def _photo_of(name: str, names: Iterable[str]) -> str | None:
    """The photo that a file means by a name: perhaps in a folder of its own, as images/."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    return next((tail for tail in tails if tail in names), None)


def _check_once(photos: Mapping[str, str | None]) -> None:
    """photos: by the names of a file, which may have two cameras in folders of their own for one photo."""
    for photo in photos.values():
        names = [name for name, one in photos.items() if one == photo]
        if len(names) > 1:
            found = f"{' and '.join(names)} for {photo}"
            raise InputError("known cameras", found, "one camera a photo", "name them as the photos")


def _check_apart(placed: Mapping[str, PhotoCamera]) -> None:
    centres = np.array([centre_of(cam) for cam in held_cameras(placed, list(placed)).values()])
    if len(centres) > 1 and np.ptp(centres, axis=0).max() <= ONE_PLACE * max(np.abs(centres).max(), 1.0):
        found = f"{len(centres)} cameras in one place"
        raise InputError("known cameras", found, "places that differ", "correct them, or give one alone")
