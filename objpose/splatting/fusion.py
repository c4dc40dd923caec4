"""Splats and views to a closed surface: their depths, fused in a grid of signed distances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from objpose.crops import Crop
from objpose.errors import InputError
from objpose.geometry import SE3, Mesh, looking_at, nearest_pixels, square_K, view_rotations
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
LEAST_DRAWN = 3.0  # weight of drawn views below which a cell counts as inside: nobody looked through it
LEAST_MEASURED = 1.0  # weight of measured views from which they alone decide
BORDER = 3  # pixels across a mask's border whose measured depth is not asked
LEAST_PART = 0.05  # of the largest part's area: smaller parts are specks and bubbles


class _DepthView(NamedTuple):
    cam_from_obj: SE3  # ()
    K: Tensor  # (3, 3)
    depth: Tensor  # (H, W), infinite where nothing is
    is_known: Tensor  # (H, W) bool: whether depth says something


def fused_mesh(splats: Splats, views: Sequence[Crop], cam_from_obj: SE3, max_faces: int) -> Mesh:
    """A closed mesh, without colours, of splats as fitted to N views; in their unit.

    Truncated signed distances are averaged in a grid (Curless, Levoy: A Volumetric Method for Building
    Complex Models, 1996): of the depth that the views measured, where there is any, and elsewhere of the
    splats' median depth, drawn from all around where views had been. What none of them looked through counts
    as inside, so that the surface is closed where it was never seen. Marching cubes and quadric decimation
    through Open3D.

    Raises:
        InputError: splats that show nothing solid.
    """
    low, high = _bounds(splats)
    cell = float((high - low).max()) / CELLS
    counts = ((high - low) / cell).ceil().long() + 2 * MARGIN
    # Marching cubes wants a cube.
    side = int(counts.max())
    origin = (low + high) / 2 - cell * side / 2
    first = (side - counts) // 2
    axes = [origin[i] + cell * (0.5 + first[i] + torch.arange(int(counts[i]))) for i in range(3)]
    cells = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
    drawn, weight = _averaged(cells, _drawn_views(splats, cam_from_obj), TRUNCATION * cell)
    mean = torch.where(weight >= LEAST_DRAWN, drawn, -1.0)
    measured, weight = _averaged(cells, _measured_views(views, cam_from_obj), TRUNCATION * cell)
    mean = torch.where(weight >= LEAST_MEASURED, measured, mean)
    distances = torch.ones(side, side, side)
    inner = tuple(slice(int(first[i]) + 1, int(first[i] + counts[i]) - 1) for i in range(3))
    distances[inner] = mean.reshape(counts.tolist())[1:-1, 1:-1, 1:-1]
    return _surface(distances, origin, cell, max_faces)


def _bounds(splats: Splats) -> tuple[Tensor, Tensor]:
    means = splats.means[splats.opacities > SOLID]
    if len(means) < 16:
        raise InputError("splats", f"{len(means)} solid ones", "an object", "check the masks and the poses")
    return means.amin(0), means.amax(0)


def _averaged(cells: Tensor, views: Iterable[_DepthView], reach: float) -> tuple[Tensor, Tensor]:
    """(P,) mean over views of the signed distance from the surface, in `reach`, 1 at most; and its weight."""
    total, weight = torch.zeros(len(cells)), torch.zeros(len(cells))
    for view in views:
        points = cells @ view.cam_from_obj.rotation.matrix().T + view.cam_from_obj.translation
        focal, middle = view.K[[0, 1], [0, 1]], view.K[:2, 2]
        pixels = points[:, :2] / points[:, 2:] * focal + middle
        column, row, is_known = nearest_pixels(pixels, *view.depth.shape)
        distance = ((view.depth[row, column] - points[:, 2]) / reach).clamp_max(1.0)
        # Behind the surface a view knows ever less: thin walls have another side.
        share = (1 + distance).clamp(0.0, 1.0) * (is_known & view.is_known[row, column])
        total += share * distance.clamp_min(-1.0)
        weight += share
    return total / weight.clamp_min(1e-6), weight


def _measured_views(views: Sequence[Crop], cam_from_obj: SE3) -> Iterator[_DepthView]:
    for view, pose in zip(views, cam_from_obj, strict=True):
        seen = view.mask & (view.depth > 0)
        if bool(seen.any()):
            depth = torch.where(view.mask, view.depth, torch.inf)
            yield _DepthView(pose, view.K, depth, view.inside & (seen | ~view.mask) & ~_border(view.mask))


def _border(mask: Tensor) -> Tensor:
    """(H, W) bool: pixels on either side of a mask's border, where depth is of both sides or of neither."""
    sides = torch.stack([mask, ~mask]).float()
    return (max_pool2d(sides, BORDER, 1, BORDER // 2) > 0).all(0)


def _drawn_views(splats: Splats, cam_from_obj: SE3) -> Iterator[_DepthView]:
    """The splats from around, as far as views had been there."""
    low, high = _bounds(splats)
    centre, radius = (low + high) / 2, float((high - low).norm()) / 2
    around = looking_at(centre, view_rotations(VIEWS, 1), DISTANCE * radius)
    given, directions = (normalize(p.inverse().translation - centre, dim=-1) for p in (cam_from_obj, around))
    near = (directions @ given.to(directions).T).amax(1) > math.cos(math.radians(REACH))
    K = square_K(FILL * SIZE * DISTANCE / 2, SIZE)
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    for some in map(SE3, around.wxyz_xyz[near].split(AT_ONCE)):
        render = render_splats(splats, some, K, SIZE, SIZE, antialias=True)
        depth = torch.where(render.median_depth > 0, render.median_depth, torch.inf)
        yield from (_DepthView(pose, K, image, everywhere) for pose, image in zip(some, depth, strict=True))


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
    part_areas = np.asarray(areas)
    is_small = part_areas < LEAST_PART * part_areas.max()
    heavy.remove_triangles_by_mask(is_small[np.asarray(labels)])
    heavy.remove_unreferenced_vertices()
    light = heavy.simplify_quadric_decimation(max_faces)
    light.remove_degenerate_triangles()
    light.remove_unreferenced_vertices()
    vertices = torch.from_numpy(np.asarray(light.vertices).astype(np.float32))
    return Mesh(vertices, torch.from_numpy(np.asarray(light.triangles).astype(np.int64)))
