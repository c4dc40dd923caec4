"""Methods that Ray's workers can import: slow ones, and such that kill their process."""

import os
import signal
import time

from bop_eval.methods import Estimate, MaskedObject, MethodSettings
from objpose.errors import InputError
from objpose.io import BopImage
from tests.bop_eval.conftest import SeededMethod

TARGET = (1, 4)  # scene and image over which workers die


class SlowMethod(SeededMethod):
    """Long enough that something can happen meanwhile."""

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        time.sleep(0.2)
        return super().__call__(image, detections)


class PlacedMethod(SeededMethod):
    """Writes down its process, and which GPUs Ray lets that see; works once three have done so."""

    def __init__(self, settings: MethodSettings) -> None:
        super().__init__(settings)
        settings.templates.mkdir(parents=True, exist_ok=True)
        self._places = settings.templates / "places"
        with self._places.open("a") as places:
            places.write(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}\n")

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        late = time.monotonic() + 60
        while self._places.read_text().count("\n") < 3 and time.monotonic() < late:
            time.sleep(0.1)
        return super().__call__(image, detections)


class DiesOnceMethod(SeededMethod):
    """Kills its process on one image, the first time."""

    def __init__(self, settings: MethodSettings) -> None:
        super().__init__(settings)
        self._mark = settings.templates / "died"

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        if (image.scene_id, image.im_id) == TARGET and not self._mark.exists():
            self._mark.parent.mkdir(exist_ok=True)
            self._mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(image, detections)


class DiesAlwaysMethod(SeededMethod):
    """Kills its process on one image, every time."""

    def __call__(self, image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        if (image.scene_id, image.im_id) == TARGET:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(image, detections)


def refuse(settings: MethodSettings) -> SeededMethod:
    raise InputError("templates", "another object", "this one", "remove them")


METHODS = {
    "plain": SeededMethod,
    "slow": SlowMethod,
    "placed": PlacedMethod,
    "once": DiesOnceMethod,
    "always": DiesAlwaysMethod,
    "refuse": refuse,
}
