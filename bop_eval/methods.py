"""The methods that `bop-eval run` can run, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import BopDataset, BopImage


@dataclass(frozen=True)
class MaskedObject:
    """A detection as a method gets it."""

    obj_id: int
    mask: np.ndarray | None  # (H, W) bool, of the size of the image; None: within the box, or anywhere
    score: float
    box: tuple[float, float, float, float] | None = None  # x, y, width, height, where there is no mask


@dataclass(frozen=True)
class Estimate:
    """One estimate of a method; the higher the score the surer."""

    obj_id: int
    score: float
    cam_from_obj: SE3


# A method maps an image and its detections to estimates, any number for each object. It raises InputError for
# an image that it cannot work on, such as one without any depth in the masks.
Method = Callable[[BopImage, list[MaskedObject]], list[Estimate]]


@dataclass(frozen=True)
class MethodSettings:
    """What a method is made from."""

    dataset: BopDataset
    obj_ids: tuple[int, ...]  # the objects that the targets ask for
    templates: Path  # onboarded objects are kept here
    seed: int
    with_depth: bool = True  # False: the depth of the images is left alone
    device: str = "cpu"  # where poses are worked out, as of `EstimatorOptions`

    def image(self, scene_id: int, im_id: int) -> BopImage:
        """An image as the method needs it; raises InputError as `BopDataset.image`."""
        return self.dataset.image(scene_id, im_id, self.with_depth)


def _make_rgbd(settings: MethodSettings) -> Method:
    from bop_eval.estimator_method import EstimatorMethod  # torch, open3d: not for a mistyped name

    return EstimatorMethod(settings, "rgbd")


def _make_rgb(settings: MethodSettings) -> Method:
    from bop_eval.estimator_method import EstimatorMethod

    return EstimatorMethod(settings, "rgb")


WITHOUT_DEPTH = ("rgb",)
METHODS: dict[str, Callable[[MethodSettings], Method]] = {"rgbd": _make_rgbd, "rgb": _make_rgb}


def find_method(name: str) -> Callable[[MethodSettings], Method]:
    """The maker of a method.

    Raises:
        InputError: there is none of that name; lists those there are.
    """
    if name not in METHODS:
        raise InputError("--method", repr(name), f"one of {', '.join(sorted(METHODS))}", "choose one of them")
    return METHODS[name]
