"""Estimates without depth on the photos that `training/` draws, and the truth: what confidence is fitted to.

None of these things is of a set that measures the package.
"""

from __future__ import annotations

import numpy as np
from reliability import Outcome, outcome
from tqdm import tqdm

from objpose import EstimatorOptions, ObjectModel, PoseEstimate, PoseEstimator, Target, onboard
from objpose.errors import InputError
from training.drawn.photos import LEAST_PIXELS, Photo, photo_of
from training.drawn.things import Thing, any_thing

THINGS, PHOTOS = 8, 6  # things of a round, photos of each


def photo_outcomes(seed: int, rounds: range) -> list[Outcome]:
    """Of every photo; of every second one what stands beside the thing is given as another target.

    That one is said to be the thing too: a wrong label, and a mask that may hide a part of the first.
    """
    return [found for number in tqdm(rounds, desc="rounds", disable=None) for found in _round((seed, number))]


def _round(seed: tuple[int, int]) -> list[Outcome]:
    rng = np.random.default_rng(seed)
    things = [any_thing(rng) for _ in range(THINGS)]
    found = []
    for number, thing in enumerate(things):
        model = onboard(thing.mesh, f"thing {number}", "m", out=None, progress=False)
        estimator = PoseEstimator([model], EstimatorOptions("rgb"))
        others = [other for other in things if other is not thing]
        for index in range(PHOTOS):
            photo = _any_photo(thing, others, rng)
            beside = index % 2 == 0 and int(photo.neighbours.sum()) >= LEAST_PIXELS
            masks = [photo.mask, photo.neighbours] if beside else [photo.mask]
            targets = [Target(model.name, mask) for mask in masks]
            found += [_outcome(estimate, model, photo) for estimate in _estimates(estimator, photo, targets)]
    return found


def _any_photo(thing: Thing, others: list[Thing], rng: np.random.Generator) -> Photo:
    photo = None
    while photo is None:
        photo = photo_of(thing, others, rng)
    return photo


def _estimates(estimator: PoseEstimator, photo: Photo, targets: list[Target]) -> list[PoseEstimate]:
    try:
        return estimator.estimate(photo.frame, targets)
    except InputError:  # masks that show too little; a photo of them gives none
        return []


def _outcome(estimate: PoseEstimate, model: ObjectModel, photo: Photo) -> Outcome:
    known = model.symmetry, [photo.cam_from_obj], photo.frame.camera
    return outcome(estimate, model, *known, wrong_label=estimate.target > 0)
