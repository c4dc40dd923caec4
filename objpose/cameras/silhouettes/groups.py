"""Photos that matches relate for sure, as groups about the object's middle; what is level in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.links import photos_beyond
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.silhouettes.growth import Group
from objpose.cameras.silhouettes.options import OrbitOptions
from objpose.cameras.silhouettes.orbit import Matched
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import centre_of, rigid_matrix

Cams = Mapping[int, np.ndarray]


def groups_of(
    silhouettes: Sequence[Silhouette], islands: Sequence[Cams], sure: Collection[Pair]
) -> list[Group]:
    """All photos, the largest group first: those of an island that sure pairs join, and single ones.

    islands: cam_from_world (4, 4) of some photos; sure: pairs that stand to each other as their island has
    it.
    """
    links = dict.fromkeys(sure, 1.0)
    groups, left = [], set(range(len(silhouettes)))
    for cams in islands:
        for photo in sorted(cams):
            if photo not in left:
                continue
            together = sorted(photos_beyond(links, photo) & left & cams.keys())
            group = about_middle(silhouettes, {one: cams[one] for one in together})
            if len(together) > 1 and group is not None:
                groups.append(group)
                left -= set(together)
    groups += [Group((photo,), np.eye(4)[None]) for photo in sorted(left)]
    return sorted(groups, key=lambda group: -len(group.photos))


def about_middle(silhouettes: Sequence[Silhouette], cams: Cams) -> Group | None:
    """Two or more cameras in the orbit's unit about the object's middle: where all see it in its outline's
    middle and so far away as its size says. None where that is nowhere before them.
    """
    rotations = np.stack([cam[:3, :3] for cam in cams.values()])
    ahead = np.stack([np.append(silhouettes[one].centre, 1.0) / silhouettes[one].size for one in cams])
    away = np.matmul(rotations.swapaxes(1, 2), ahead[..., None])[..., 0]
    centres = np.stack([centre_of(cam) for cam in cams.values()])
    rows = np.concatenate([centres[..., None], np.tile(-np.eye(3), (len(cams), 1, 1))], axis=2)
    found = np.linalg.lstsq(rows.reshape(-1, 4), -away.ravel(), rcond=None)[0]
    if found[0] <= 0.0:
        return None
    placed = [
        rigid_matrix(rotation, -rotation @ (found[0] * centre - found[1:]))
        for rotation, centre in zip(rotations, centres, strict=True)
    ]
    return Group(tuple(cams), np.stack(placed))


def matched_in(
    problem: CameraProblem, shown: Sequence[int], groups: Sequence[Group], options: OrbitOptions
) -> Matched:
    """Matches that agree with their group; shown: the views of the photos."""
    pairs, rays, sigmas, counts = [], [], [], []
    for group in groups:
        for i, a in enumerate(group.photos):
            for j, b in enumerate(group.photos[i + 1 :], i + 1):
                b_from_a = relative_pose({a: group.cams[i], b: group.cams[j]}, a, b)
                found = problem.agreeing(shown[a], shown[b], b_from_a)
                if found is None or not len(found):
                    continue
                views = problem.views[shown[a]], problem.views[shown[b]]
                step = max(1, len(found) // options.matches_per_pair)
                chosen = found.indices[::step]
                counts += [len(found) / len(chosen)] * len(chosen)
                for index in chosen:
                    both = [view.rays[one] for view, one in zip(views, index, strict=True)]
                    pairs.append((a, b))
                    rays.append(np.pad(both, ((0, 0), (0, 1)), constant_values=1.0))
                    sigmas.append([options.match_px * view.tolerance / 2.0 for view in views])
    if not pairs:
        return Matched.none()
    return Matched(np.array(pairs), np.stack(rays), np.array(sigmas), np.array(counts))


def horizon_of(groups: Sequence[Group]) -> np.ndarray:
    """(2,) what is level in the photos: y where they lie on their sides, as the turns in groups say, else x.

    From one photo about the object to the next, cameras turn about what is upright.
    """
    along = np.zeros(3)
    for group in groups:
        turns = group.cams[1:, :3, :3] @ group.cams[0, :3, :3].T
        along += np.abs(Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_rotvec().reshape(-1, 3)).sum(0)
    return np.array([0.0, 1.0]) if along[0] > along[1] else np.array([1.0, 0.0])
