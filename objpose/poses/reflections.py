"""The reflections of a shape that come nearest to it: what a mirrored picture of it is mistaken for."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch

from objpose.features import PointCloud
from objpose.geometry import SE3, rotation_grid
from objpose.objects import ObjectModel
from objpose.poses.distinct import best_distinct
from objpose.poses.settle import icp, surface_score

ACROSS = torch.tensor([-1.0, 1.0, 1.0])  # what a reflection across the plane x = 0 makes of coordinates
ROTATIONS = 300  # of the grid: about 31 degrees apart
POINTS = 80  # of the surface
ITERATIONS = 8
REACH = 0.15, 0.05  # of the diameter: of ICP, at start and end
MOST = 2  # reflections, none of which is another one under the near-symmetry
LIKE = 0.9  # of the best one's score, that another one must have

_known: WeakKeyDictionary[ObjectModel, SE3] = WeakKeyDictionary()


def reflections(model: ObjectModel) -> SE3:
    """(k,) motions of the mesh frame, best first: moved so and then reflected across x = 0, the shape comes
    nearest to itself. Found once for each object; on the host.
    """
    if model not in _known:
        _known[model] = _found(model.on_host)
    return _known[model]


def reflected(b_from_a: SE3) -> SE3:
    """Rigid transforms (*) between two frames as they are between the frames reflected across x = 0."""
    wxyz, translation = b_from_a.rotation.wxyz, b_from_a.translation
    turn = wxyz * wxyz.new_tensor([1.0, 1.0, -1.0, -1.0])
    return SE3(torch.cat([turn, translation * ACROSS.to(translation)], -1))


def _found(model: ObjectModel) -> SE3:
    cloud = model.surface.cloud
    every = max(1, len(cloud) // POINTS)
    mirrored = PointCloud(cloud.points[::every] * ACROSS, cloud.normals[::every] * ACROSS)
    middle = model.mesh.bounds().mean(0)
    rotation = rotation_grid(ROTATIONS)
    poses = SE3.from_rotation_translation(rotation, middle * ACROSS - rotation.apply(middle))
    start, end = (part * model.diameter for part in REACH)
    poses = icp(model.surface, mirrored, poses, ITERATIONS, start, end)
    score = surface_score(model.surface, mirrored, poses, end)
    found = best_distinct(model, poses, score, MOST, model.near_symmetry)
    return poses[found[score[found] >= LIKE * score[found[0]]]]
