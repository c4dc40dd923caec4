"""Ids that say another object or image than is meant."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np

from bop_eval.diagnosis.evidence import Evidence, part
from bop_eval.diagnosis.suspicion import Suspicion, bears_out
from objpose.io import BopResultTable

LIKELY = 0.05  # chance below which one id, for itself, stands for another


def image_ids() -> list[Suspicion]:
    """Images and scenes counted from one more, or one less."""
    return [
        Suspicion(
            f"{name} ids off by one",
            f"{name} ids are 1 too {'high' if shift < 0 else 'low'}",
            f"count {name}s as the set does (BOP's files tell)",
            partial(_shifted, column=column, shift=shift),
        )
        for name, column in (("image", "im_ids"), ("scene", "scene_ids"))
        for shift in (1, -1)
    ]


def _shifted(table: BopResultTable, column: str, shift: int) -> BopResultTable:
    return dataclasses.replace(table, **{column: getattr(table, column) + shift})


def object_ids(evidence: Evidence, table: BopResultTable) -> list[Suspicion]:
    """Object ids that stand for others: each id that fits another object better, changed to that.

    Whether all of that together is no luck is asked where suspicions are weighed.
    """
    written = np.unique(table.obj_ids).tolist()
    tried = len(written) * len(evidence.known_objects)
    changed = {}
    for obj_id in written:
        of_object = part(table, table.obj_ids == obj_id)
        before = evidence.quality(of_object)
        after = {
            other: evidence.quality(dataclasses.replace(of_object, obj_ids=np.full(len(of_object), other)))
            for other in evidence.known_objects
            if other != obj_id
        }
        best = max(after, key=lambda other: after[other].mean(), default=None)
        if best is not None and bears_out(after[best], before, tried, LIKELY):
            changed[obj_id] = best
    return [_changed(changed)] if changed else []


def _changed(changed: dict[int, int]) -> Suspicion:
    shifts = {meant - said for said, meant in changed.items()}
    if len(shifts) == 1 and len(changed) > 2:
        shift = shifts.pop()
        what = f"object ids are {abs(shift)} too {'low' if shift > 0 else 'high'}"
    else:
        what = "; ".join(
            f"what is said to be object {said} is object {meant}" for said, meant in changed.items()
        )

    def mend(table: BopResultTable) -> BopResultTable:
        meant = np.array([changed.get(obj_id, obj_id) for obj_id in table.obj_ids.tolist()], np.int64)
        return dataclasses.replace(table, obj_ids=meant)

    return Suspicion(
        "object ids", what, "write the ids of models_info.json, from 1 on as its meshes are named", mend
    )
