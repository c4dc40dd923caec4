"""What BOP lays down for its sets by name; any other set goes by the defaults and what its folder holds."""

from dataclasses import dataclass

DEFAULT_DELTA_M = 0.015  # tolerance of VSD's visibility test
DEFAULT_MOST_ESTIMATES = 100  # per image, in the detection task


@dataclass(frozen=True)
class KnownSet:
    """The rules of one set.

    sensors: what to evaluate on where a scene has annotations of several sensors: (first scene, suffix of
    the annotation files), ascending; empty where there is one. image_size: width, height; None where
    sensors differ.
    """

    split: str = "test"
    image_size: tuple[int, int] | None = None
    delta_m: float = DEFAULT_DELTA_M
    most_estimates: int = DEFAULT_MOST_ESTIMATES
    sensors: tuple[tuple[int, str], ...] = ()

    def sensor(self, scene_id: int) -> str | None:
        """The sensor to evaluate a scene on, or None."""
        suffixes = [suffix for first, suffix in self.sensors if scene_id >= first]
        return suffixes[-1] if suffixes else None


_VGA = (640, 480)

KNOWN_SETS = {
    # BOP's core seven
    "lmo": KnownSet(image_size=_VGA),
    "tless": KnownSet(split="test_primesense", image_size=(720, 540)),
    "tudl": KnownSet(image_size=_VGA),
    "icbin": KnownSet(image_size=_VGA),
    "itodd": KnownSet(image_size=(1280, 960), delta_m=0.005),
    "hb": KnownSet(split="test_primesense", image_size=_VGA),
    "ycbv": KnownSet(image_size=_VGA),
    # H3; HOT3D's scenes are Quest 3's (grey) up to 1848 and Aria's (colour) from there on
    "hot3d": KnownSet(sensors=((0, "gray1"), (1849, "rgb"))),
    "hopev2": KnownSet(image_size=(1920, 1080)),
    "handal": KnownSet(image_size=(1920, 1440)),
    # industrial
    "ipd": KnownSet(image_size=(2064, 1544), sensors=((0, "photoneo"),)),
    "xyzibd": KnownSet(image_size=(1440, 1080), most_estimates=200, sensors=((0, "xyz"),)),
    "itoddmv": KnownSet(image_size=(1280, 960), delta_m=0.005, sensors=((0, "3dlong"),)),
    # further sets
    "lm": KnownSet(image_size=_VGA),
    "hope": KnownSet(image_size=(1920, 1080)),
    "tyol": KnownSet(image_size=_VGA),
    "ruapc": KnownSet(image_size=_VGA),
    "icmi": KnownSet(image_size=_VGA),
}
