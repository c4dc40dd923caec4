"""`bop-eval diagnose` on conventions planted in estimates of a set: is the one that was planted named?

    python benchmarks/diagnosis.py DATASET [--results RESULTS.csv] [--seed 0]

Without results the estimates are the truth, each off by a few degrees and millimetres, one in six anywhere.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from bop_eval.datasets import EvaluationSet, open_test_set
from bop_eval.diagnosis import Diagnosis, diagnose
from bop_eval.diagnosis.evidence import with_transforms
from bop_eval.perfect import perfect_results
from objpose.io import BopResultTable, read_bop_table

Plant = Callable[[BopResultTable, EvaluationSet, np.random.Generator], BopResultTable]
ROTATION_DEG, TRANSLATION_SHARE, ASTRAY = 3.0, 0.02, 1 / 6


def noisy_truth(test_set: EvaluationSet, seed: int) -> BopResultTable:
    """The truth, with errors of an estimator: small ones, and some anywhere."""
    random = np.random.default_rng(seed)
    table = perfect_results(test_set)
    count = len(table)
    diameters = np.array([test_set.models.infos[obj_id].diameter for obj_id in table.obj_ids.tolist()])
    turns = Rotation.from_rotvec(random.normal(0, np.radians(ROTATION_DEG), (count, 3))).as_matrix()
    is_astray = random.random(count) < ASTRAY
    turns[is_astray] = Rotation.random(int(is_astray.sum()), rng=random).as_matrix()
    shifts = random.normal(0, 1, (count, 3)) * (TRANSLATION_SHARE * diameters)[:, None]
    shifts[is_astray] *= 20
    return with_transforms(table, turns @ table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3] + shifts)


def parts(table: BopResultTable) -> tuple[np.ndarray, np.ndarray]:
    return table.cam_from_obj[:, :, :3], table.cam_from_obj[:, :, 3]


def scaled(factor: float) -> Plant:
    return lambda table, test_set, random: with_transforms(table, parts(table)[0], parts(table)[1] * factor)


def transposed(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    return with_transforms(table, parts(table)[0].transpose(0, 2, 1), parts(table)[1])


def inverted(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    R, t = parts(table)
    return with_transforms(table, R.transpose(0, 2, 1), -np.einsum("nji,nj->ni", R, t))


def camera_axes(axes: np.ndarray) -> Plant:
    return lambda table, test_set, random: with_transforms(
        table, axes @ parts(table)[0], parts(table)[1] @ axes.T
    )


def object_axes(turn: Rotation) -> Plant:
    return lambda table, test_set, random: with_transforms(
        table, parts(table)[0] @ turn.as_matrix(), parts(table)[1]
    )


def quaternions(shift: int) -> Plant:
    def plant(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
        xyzw = Rotation.from_matrix(parts(table)[0]).as_quat()
        return with_transforms(
            table, Rotation.from_quat(np.roll(xyzw, shift, axis=1)).as_matrix(), parts(table)[1]
        )

    return plant


def swapped_ids(
    table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator
) -> BopResultTable:
    """The two objects that most estimates are of take each other's ids."""
    ids, counts = np.unique(table.obj_ids, return_counts=True)
    first, second = ids[np.argsort(-counts, kind="stable")[:2]]
    swapped = np.where(
        table.obj_ids == first, second, np.where(table.obj_ids == second, first, table.obj_ids)
    )
    return dataclasses.replace(table, obj_ids=swapped)


def shifted(column: str) -> Plant:
    return lambda table, test_set, random: dataclasses.replace(table, **{column: getattr(table, column) - 1})


def centred(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    """Poses of the middle of each mesh's box."""
    R, t = parts(table)
    middles = {}
    for obj_id in np.unique(table.obj_ids).tolist():
        vertices = test_set.models.mesh(obj_id, colors=False).vertices.double().numpy()
        middles[obj_id] = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    offsets = np.array([middles[obj_id] for obj_id in table.obj_ids.tolist()])
    return with_transforms(table, R, t + np.einsum("nij,nj->ni", R, offsets))


def another_camera(focal: float, right: float = 0, down: float = 0) -> Plant:
    """What the same pictures say with another K: points of each object, seen by the set's, placed by PnP."""

    def plant(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
        import cv2

        transforms = table.cam_from_obj.copy()
        keys = zip(table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist(), strict=True)
        meshes = {
            o: test_set.models.mesh(o, colors=False).vertices.double().numpy()
            for o in set(table.obj_ids.tolist())
        }
        for row, (scene_id, im_id, obj_id) in enumerate(keys):
            K = test_set.images.image(scene_id, im_id).K
            points = meshes[obj_id][:: max(1, len(meshes[obj_id]) // 100)].copy()
            seen = points @ transforms[row, :, :3].T + transforms[row, :, 3]
            if (seen[:, 2] <= 0).any():
                continue
            pixels = (seen @ K.T)[:, :2] / seen[:, 2:]
            used = np.array(
                [[focal * K[0, 0], 0, K[0, 2] + right], [0, focal * K[1, 1], K[1, 2] + down], [0, 0, 1]]
            )
            found, vector, t = cv2.solvePnP(points, pixels, used, None, flags=cv2.SOLVEPNP_SQPNP)
            if found:
                transforms[row] = np.concatenate([cv2.Rodrigues(vector)[0], t], axis=1)
        return with_transforms(table, transforms[:, :, :3], transforms[:, :, 3])

    return plant


def moved_mesh(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    """One mesh turned by 50 degrees about a slanted axis and moved by a third of its diameter."""
    ids, counts = np.unique(table.obj_ids, return_counts=True)
    obj_id = ids[counts.argmax()]
    is_moved = table.obj_ids == obj_id
    R, t = parts(table)
    turn = Rotation.from_rotvec(np.radians(50) * np.array([0.48, -0.6, 0.64])).as_matrix()
    shift = np.array([0, 0, test_set.models.infos[int(obj_id)].diameter / 3])
    moved = with_transforms(table, R @ turn, t + np.einsum("nij,j->ni", R, shift)).cam_from_obj
    return dataclasses.replace(
        table, cam_from_obj=np.where(is_moved[:, None, None], moved, table.cam_from_obj)
    )


def flipped(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    """Half the estimates of one object turned over, by a turn that its shape may be mistaken by."""
    from objpose.onboarding.symmetries import MeshSymmetries

    ids, counts = np.unique(table.obj_ids, return_counts=True)
    for obj_id in ids[np.argsort(-counts, kind="stable")].tolist():
        near = MeshSymmetries(test_set.models.mesh(obj_id)).near
        if len(near.discrete) > 1 and test_set.models.infos[obj_id].symmetry.is_trivial:
            break
    turn = near.discrete.matrix().double().numpy()[1]
    R, t = parts(table)
    moved = with_transforms(table, R @ turn[:3, :3], t + R @ turn[:3, 3]).cam_from_obj
    is_moved = (table.obj_ids == obj_id) & (random.random(len(table)) < 0.5)
    return dataclasses.replace(
        table, cam_from_obj=np.where(is_moved[:, None, None], moved, table.cam_from_obj)
    )


def at_random(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
    turns = Rotation.random(len(table), rng=random).as_matrix()
    return with_transforms(table, turns, random.uniform([-0.3, -0.3, 0.4], [0.3, 0.3, 1.5], (len(table), 3)))


def turned_at_random(
    table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator
) -> BopResultTable:
    return with_transforms(table, Rotation.random(len(table), rng=random).as_matrix(), parts(table)[1])


METRES = "metres for millimetres"
GL = np.diag([1.0, -1, -1])
ROBOT_FROM_CAMERA = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
Y_UP = Rotation.from_euler("x", 90, degrees=True)


def both(*plants: Plant) -> Plant:
    def plant(table: BopResultTable, test_set: EvaluationSet, random: np.random.Generator) -> BopResultTable:
        for one in plants:
            table = one(table, test_set, random)
        return table

    return plant


# What is planted, and what must be found: the names of the findings, in their order.
PLANTED: dict[str, tuple[Plant, tuple[str, ...]]] = {
    "nothing": (lambda table, test_set, random: table, ()),
    "random poses": (at_random, ()),
    "random rotations": (turned_at_random, ()),
    "metres": (scaled(1e-3), (METRES,)),
    "centimetres": (scaled(0.1), ("centimetres for millimetres",)),
    "micrometres": (scaled(1e3), ("micrometres for millimetres",)),
    "R transposed": (transposed, ("R transposed",)),
    "obj_from_cam": (inverted, ("inverse transform",)),
    "OpenGL": (camera_axes(GL), ("OpenGL camera axes",)),
    "robot's axes": (camera_axes(ROBOT_FROM_CAMERA), ("camera axes of a robot",)),
    "meshes y up": (object_axes(Y_UP), ("object turned -90 degrees about its x axis",)),
    "wxyz as xyzw": (quaternions(1), ("quaternions wxyz for xyzw",)),
    "xyzw as wxyz": (quaternions(-1), ("quaternions xyzw for wxyz",)),
    "swapped objects": (swapped_ids, ("object ids",)),
    "objects from 0": (shifted("obj_ids"), ("object ids",)),
    "images off by one": (shifted("im_ids"), ("image ids off by one",)),
    "focal length": (another_camera(1.25), ("another focal length",)),
    "principal point": (another_camera(1.0, 40, -30), ("another principal point",)),
    "resized": (another_camera(2.0, 320, 240), ("another camera matrix",)),
    "box centres": (centred, ("origin in the middle of the bounding box",)),
    "one mesh moved": (moved_mesh, ("meshes in other frames",)),
    "flips": (flipped, ("turned to a look-alike",)),
    "OpenGL in metres": (both(camera_axes(GL), scaled(1e-3)), (f"{METRES} and OpenGL camera axes",)),
    "obj_from_cam in metres": (both(inverted, scaled(1e-3)), (f"{METRES} and inverse transform",)),
    "metres, then ids": (both(swapped_ids, scaled(1e-3)), (METRES, "object ids")),
}  # fmt: skip


def run(table: BopResultTable, test_set: EvaluationSet, names: list[str], seed: int) -> dict[str, Diagnosis]:
    """Plant each and diagnose it, printing a line."""
    found = {}
    for name in names:
        plant, expected = PLANTED[name]
        found[name] = diagnose(plant(table, test_set, np.random.default_rng(seed)), test_set)
        names_found = tuple(finding.name for finding in found[name].findings)
        verdict = "right" if names_found == expected else "WRONG"
        print(f"{verdict}  {name:24s} {found[name].right:4d} of {found[name].compared} right  -> ", end="")
        print(
            "; ".join(f"{f.name} (+{f.estimates}): {f.what}" for f in found[name].findings) or "nothing",
            flush=True,
        )
    return found


def main(arguments: list[str] | None = None) -> dict[str, Diagnosis]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--only", nargs="*", choices=list(PLANTED), default=list(PLANTED))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    test_set = open_test_set(options.dataset)
    table = read_bop_table(options.results) if options.results else noisy_truth(test_set, options.seed)
    return run(table, test_set, options.only, options.seed)


if __name__ == "__main__":
    main()
