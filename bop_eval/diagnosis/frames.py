"""Meshes whose origin or axes are not those of the set's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bop_eval.diagnosis.conventions import turn_in_words
from bop_eval.diagnosis.evidence import Evidence, part, with_transforms
from bop_eval.diagnosis.suspicion import Suspicion, bears_out
from bop_eval.errors import re
from objpose.io import BopResultTable

FEWEST = 6  # estimates of an object, to tell how its mesh differs
SAME_TURN = 15.0  # degrees
NO_TURN = 5.0
CURE = (
    "estimate with the meshes of the set as they are, or move the poses back by what was done to the meshes"
)


def centred(evidence: Evidence) -> list[Suspicion]:
    """Poses of the middle of each mesh, by its box or its vertices, in place of its origin."""
    middles: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "bounding box": lambda vertices: (vertices.min(axis=0) + vertices.max(axis=0)) / 2,
        "vertices": lambda vertices: vertices.mean(axis=0),
    }
    return [_centred(evidence, name, middle) for name, middle in middles.items()]


def _centred(evidence: Evidence, name: str, middle: Callable[[np.ndarray], np.ndarray]) -> Suspicion:
    def mend(table: BopResultTable) -> BopResultTable:
        known = set(evidence.known_objects)
        middles = {
            obj_id: middle(evidence.model(obj_id).vertices.numpy()) if obj_id in known else np.zeros(3)
            for obj_id in np.unique(table.obj_ids).tolist()
        }
        offsets = np.array([middles[obj_id] for obj_id in table.obj_ids.tolist()])
        R, t = table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3]
        return with_transforms(table, R, t - np.einsum("nij,nj->ni", R, offsets))

    what = f"t is the place of the middle of each mesh's {name}, not of its origin"
    return Suspicion(f"origin in the middle of the {name}", what, CURE, mend)


def moved_meshes(evidence: Evidence, table: BopResultTable) -> list[Suspicion]:
    """Objects whose estimates all need one motion of the mesh: fitted to half of them, tried on the rest."""
    found: dict[int, np.ndarray] = {}
    objects = np.unique(table.obj_ids).tolist()
    for obj_id in objects:
        of_object = part(table, table.obj_ids == obj_id)
        half = np.arange(len(of_object)) % 2
        after = np.zeros(len(of_object))
        for side in (0, 1):
            motion = _fitted(evidence, part(of_object, half != side))
            if motion is not None:
                after[half == side] = evidence.quality(
                    _moved(part(of_object, half == side), {obj_id: motion})
                )
        whole = _fitted(evidence, of_object)
        if whole is not None and bears_out(after, evidence.quality(of_object), len(objects)):
            found[obj_id] = whole
    if not found:
        return []
    what = "; ".join(
        f"the mesh of object {obj_id} was {_in_words(motion)}" for obj_id, motion in found.items()
    )
    return [Suspicion("meshes in other frames", what, CURE, lambda table: _moved(table, found), len(found))]


def _fitted(evidence: Evidence, table: BopResultTable) -> np.ndarray | None:
    """(3, 4) est_from_gt of one object's frames that most of its estimates agree on."""
    rows, truths = evidence.pairs(table)
    if len(np.unique(rows)) < FEWEST // 2:
        return None
    est, gt = table.cam_from_obj[rows], evidence.truths.cam_from_obj[truths]
    turns = est[:, :, :3].transpose(0, 2, 1) @ gt[:, :, :3]
    shifts = np.einsum("nji,nj->ni", est[:, :, :3], gt[:, :, 3] - est[:, :, 3])
    motions = np.concatenate([turns, shifts[:, :, None]], axis=2)
    is_alike = re(motions[:, None], motions[None]).numpy() < SAME_TURN
    members = is_alike[is_alike.sum(axis=1).argmax()]
    if members.sum() < max(2, len(np.unique(rows)) // 3):
        return None
    u, _, vt = np.linalg.svd(turns[members].mean(axis=0))
    turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    return np.concatenate([turn, np.median(shifts[members], axis=0)[:, None]], axis=1)


def _moved(table: BopResultTable, motions: dict[int, np.ndarray]) -> BopResultTable:
    still = np.eye(4)[:3]
    motion = np.array([motions.get(obj_id, still) for obj_id in table.obj_ids.tolist()]).reshape(-1, 3, 4)
    R, t = table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3]
    return with_transforms(table, R @ motion[:, :, :3], t + np.einsum("nij,nj->ni", R, motion[:, :, 3]))


def _in_words(est_from_gt: np.ndarray) -> str:
    """What was done to a mesh."""
    turn, shift = est_from_gt[:, :3], est_from_gt[:, 3] * 1000
    words = []
    if float(re(est_from_gt, np.eye(4))) > NO_TURN:
        words.append(f"turned by {turn_in_words(turn)}")
    if np.linalg.norm(shift) >= 1:
        words.append(f"moved by ({', '.join(f'{value:.0f}' for value in shift)}) mm")
    return " and ".join(words) or "changed a little"
