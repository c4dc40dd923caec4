"""Splats to a closed surface: their depth from all around, fused in a grid of signed distances."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, Camera, Mesh, view_rotations
from objpose.raster import Splats, render_splats

CELLS = 96  # of the grid along its longest side
MARGIN = 4  # cells on every side, at least
VIEWS = 162  # all around; those far from every given view are left out
SIZE = 224  # pixels of a view's side
FILL = 0.8  # of it that the ball around the splats spans
DISTANCE = 5.0  # radii of that ball from its centre to the camera
REACH = 40.0  # degrees from a given view within which the splats can be trusted to look right
TRUNCATION = 3.0  # cells: signed distances are cut off there
AT_ONCE = 16  # views drawn together: bounds the memory
SOLID = 0.3  # opacity from which a splat counts for the extent
LEAST_SEEN = 3.0  # weight of views below which a cell counts as inside: nobody looked through it
LEAST_PART = 0.05  # of the largest part's area: smaller parts are specks and bubbles


def fused_mesh(splats: Splats, cam_from_obj: SE3, max_faces: int) -> Mesh:
    """A closed mesh, without colours, of splats as fitted to views from cam_from_obj (N,); in their unit.

    Median depths of the splats from all around, where views had been, are averaged as truncated signed
    distances (Curless, Levoy: A Volumetric Method for Building Complex Models, 1996). What no view looked
    through counts as inside, so that the surface is closed where it was never seen. Marching cubes and
    quadric decimation through Open3D. Raises InputError for splats that show nothing solid.
    """
    low, high = _bounds(splats)
    cell = float((high - low).max()) / CELLS
    counts = ((high - low) / cell).ceil().long() + 2 * MARGIN
    # Marching cubes wants a cube.
    side = int(counts.max())
    origin = (low + high) / 2 - cell * side / 2
    distances = _signed_distances(splats, cam_from_obj, origin, cell, counts)
    return _surface(distances, origin, cell, max_faces)


def _bounds(splats: Splats) -> tuple[Tensor, Tensor]:
    means = splats.means[splats.opacities > SOLID]
    if len(means) < 16:
        raise InputError("splats", f"{len(means)} solid ones", "an object", "check the masks and the poses")
    return means.amin(0), means.amax(0)


def _signed_distances(
    splats: Splats, cam_from_obj: SE3, origin: Tensor, cell: float, counts: Tensor
) -> Tensor:
    """(side, side, side) in [-1, 1], 1 outside, of a cube's cells; only the middle `counts` are looked at."""
    side = int(counts.max())
    first = (side - counts) // 2
    axes = [origin[i] + cell * (0.5 + first[i] + torch.arange(int(counts[i]))) for i in range(3)]
    cells = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
    total, weight = torch.zeros(len(cells)), torch.zeros(len(cells))
    for pose, camera, depth in _views(splats, cam_from_obj):
        points = cells @ pose.rotation.matrix().T + pose.translation
        column, row = (points[:, :2] / points[:, 2:] * camera.K[0, 0] + camera.K[:2, 2]).T.round().long()
        inside = (column >= 0) & (column < SIZE) & (row >= 0) & (row < SIZE)
        surface = torch.where(inside, depth[row.clamp(0, SIZE - 1), column.clamp(0, SIZE - 1)], 0.0)
        distance = (surface - points[:, 2]) / (TRUNCATION * cell)
        distance = torch.where(surface > 0, distance, 1.0).clamp_max(1.0)
        # Behind the surface a view knows ever less: thin walls have another side.
        share = (1 + distance).clamp(0.0, 1.0)
        total += share * distance
        weight += share
    mean = torch.where(weight >= LEAST_SEEN, total / weight.clamp_min(LEAST_SEEN), -1.0)
    whole = torch.ones(side, side, side)
    inner = tuple(slice(int(first[i]) + 1, int(first[i] + counts[i]) - 1) for i in range(3))
    whole[inner] = mean.reshape(counts.tolist())[1:-1, 1:-1, 1:-1]
    return whole


def _views(splats: Splats, cam_from_obj: SE3):
    """Pose (), camera and depth (SIZE, SIZE) of the splats from around, 0 where nothing solid is."""
    low, high = _bounds(splats)
    centre, radius = (low + high) / 2, float((high - low).norm()) / 2
    given = torch.nn.functional.normalize(cam_from_obj.inverse().translation - centre, dim=-1)
    rotations = view_rotations(VIEWS, 1)
    offset = torch.tensor([0.0, 0.0, DISTANCE * radius])
    around = SE3.from_rotation_translation(rotations, offset - rotations.apply(centre)).to(torch.float32)
    directions = torch.nn.functional.normalize(around.inverse().translation - centre, dim=-1)
    near = (directions @ given.to(directions).T).amax(1) > np.cos(np.deg2rad(REACH))
    focal, middle = FILL * SIZE * DISTANCE / 2, (SIZE - 1) / 2
    camera = Camera.from_K([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], SIZE, SIZE)
    for some in SE3(around.wxyz_xyz[near]).wxyz_xyz.split(AT_ONCE):
        render = render_splats(splats, SE3(some), camera.K, SIZE, SIZE, antialias=True)
        for pose, depth in zip(SE3(some), render.median_depth, strict=True):
            yield pose, camera, depth


def _surface(distances: Tensor, origin: Tensor, cell: float, max_faces: int) -> Mesh:
    import open3d as o3d

    side = len(distances)
    integration = o3d.pipelines.integration
    volume = integration.UniformTSDFVolume(
        cell * side, side, TRUNCATION * cell, integration.TSDFVolumeColorType.NoColor, origin.double().numpy()
    )
    seen = np.stack([distances.double().numpy().ravel(), np.ones(side**3)], axis=1)
    volume.inject_volume_tsdf(o3d.utility.Vector2dVector(seen))
    heavy = volume.extract_triangle_mesh()
    labels, _, areas = heavy.cluster_connected_triangles()
    labels, areas = np.asarray(labels), np.asarray(areas)
    heavy.remove_triangles_by_mask((areas < LEAST_PART * areas.max())[labels])
    heavy.remove_unreferenced_vertices()
    light = heavy.simplify_quadric_decimation(max_faces)
    light.remove_degenerate_triangles()
    light.remove_unreferenced_vertices()
    vertices = torch.from_numpy(np.asarray(light.vertices).astype(np.float32))
    return Mesh(vertices, torch.from_numpy(np.asarray(light.triangles).astype(np.int64)))
