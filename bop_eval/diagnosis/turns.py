"""Estimates that are a look-alike turn away from the truth: flips, or a symmetry not declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np
from scipy.stats import binomtest

from bop_eval.diagnosis.conventions import turn_in_words
from bop_eval.diagnosis.evidence import RIGHT, Evidence, part, with_transforms
from bop_eval.diagnosis.suspicion import Suspicion
from objpose.geometry import Symmetry
from objpose.io import BopResultTable

STEP = 0.05  # of the diameter, between the turns about an axis of revolution that are tried
IN_PLACE = 0.5  # of the diameter: how far the middle of an estimate that is merely turned may be off
# Of rotations drawn at random so many come within the threshold of one of a cube's 24 turns.
BY_LUCK = 0.2
MOST_CHANCE = 0.01
SHOWN = 3


def wrong_in_place(evidence: Evidence, table: BopResultTable) -> np.ndarray:
    """(N,) bool: estimates that are where their object is, and wrong."""
    rows, truths = evidence.pairs(table)
    models = [evidence.model(obj_id) for obj_id in table.obj_ids[rows].tolist()]
    middles = np.array([model.hull.mean(dim=0).numpy() for model in models]).reshape(-1, 3)
    between = table.cam_from_obj[rows] - evidence.truths.cam_from_obj[truths]
    apart = np.linalg.norm(np.einsum("pij,pj->pi", between[:, :, :3], middles) + between[:, :, 3], axis=1)
    diameters = np.array([model.diameter for model in models])
    is_there = np.zeros(len(table), bool)
    is_there[rows[apart < IN_PLACE * diameters]] = True
    return is_there & (evidence.quality(table) < RIGHT)


def look_alikes(evidence: Evidence, table: BopResultTable) -> Iterator[Suspicion]:
    """Objects of which many wrong estimates are right but for a look-alike turn, each with its own."""
    wrong = wrong_in_place(evidence, table)
    ids, counts = np.unique(table.obj_ids[wrong], return_counts=True)
    tried = max(1, len(ids))
    for obj_id in ids[BY_LUCK**counts * tried <= MOST_CHANCE].tolist():
        found = _looks_turned(evidence, part(table, wrong & (table.obj_ids == obj_id)), obj_id, tried)
        if found is not None:
            yield found


def _looks_turned(
    evidence: Evidence, candidates: BopResultTable, obj_id: int, tried: int
) -> Suspicion | None:
    from objpose.onboarding.symmetries import MeshSymmetries

    symmetries = MeshSymmetries(evidence.painted_mesh(obj_id))
    quality, turns = _best(evidence, candidates, _turns(evidence, obj_id, symmetries.near))
    put_right = int((quality >= RIGHT).sum())
    chance = binomtest(put_right, len(candidates), BY_LUCK, alternative="greater").pvalue
    if chance * tried > MOST_CHANCE:
        return None
    commonest = Counter(turn_in_words(turn[:, :3]) for turn in turns[quality >= RIGHT]).most_common(SHOWN)
    words = ", ".join(f"{count} by {turn}" for turn, count in commonest)
    wrong = f"{len(candidates)} wrong estimates of object {obj_id}"
    what = f"{put_right} of {wrong} are right but for a turn ({words})"
    mend = partial(_mended, evidence, obj_id=obj_id, near=symmetries.near)
    if len(evidence.model(obj_id).symmetries) == 1 and not symmetries.whole.is_trivial:
        what = f"{what}, by which its mesh looks alike, and the set declares no symmetry"
        cure = "have models_info.json say so: bop-eval symmetries finds and writes it"
        if not symmetries.is_painted:
            cure += "; but if the object has a print, which this mesh lacks, sides are confused"
        return Suspicion("symmetry not declared", what, cure, mend)
    cure = "the estimator takes one side for another: let it compare what tells them apart: handle or print"
    return Suspicion("turned to a look-alike", what, cure, mend)


def _turns(evidence: Evidence, obj_id: int, symmetry: Symmetry) -> np.ndarray:
    """(T, 3, 4) obj_from_obj."""
    diameter = evidence.model(obj_id).diameter
    return symmetry.transforms(diameter, STEP).matrix().double().numpy()[:, :3]


def _best(evidence: Evidence, table: BopResultTable, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the best quality of each estimate of one object over turns, and (N, 3, 4) that turn."""
    qualities = np.stack([evidence.quality(_turned(table, turn)) for turn in turns])
    best = qualities.argmax(axis=0)
    return qualities.max(axis=0), turns[best]


def _turned(table: BopResultTable, turns: np.ndarray) -> BopResultTable:
    """By one turn (3, 4), or one each (N, 3, 4)."""
    R, t = table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3:]
    return with_transforms(table, R @ turns[..., :3], (R @ turns[..., 3:] + t)[:, :, 0])


def _mended(evidence: Evidence, table: BopResultTable, obj_id: int, near: Symmetry) -> BopResultTable:
    """Its wrong estimates as the turn that suits each best leaves them."""
    rows = np.nonzero(table.obj_ids == obj_id)[0]
    rows = rows[wrong_in_place(evidence, part(table, rows))]
    if not len(rows):
        return table
    _, turns = _best(evidence, part(table, rows), _turns(evidence, obj_id, near))
    transforms = table.cam_from_obj.copy()
    transforms[rows] = _turned(part(table, rows), turns).cam_from_obj
    return with_transforms(table, transforms[:, :, :3], transforms[:, :, 3])
