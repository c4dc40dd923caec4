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
    "once": DiesOnceMethod,
    "always": DiesAlwaysMethod,
    "refuse": refuse,
}
