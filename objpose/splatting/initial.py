"""Where splats start: on the measured surface, or on the hull that the masks leave."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.crops import Crop, mask_box
from objpose.errors import InputError
from objpose.geometry import SE3, nearest_pixels
from objpose.raster import Splats
from objpose.splatting.surfels import facing
from objpose.splatting.thinning import thinned

GRID = 56  # cells along a side of the volume that the masks carve
MISSES = 0.05  # share of the views that may leave a cell out: masks have faults
LEAST = 16  # points below which there is nothing to start from
OPACITY = 0.7
WIDTH = 0.45  # standard deviation, of the distance to the next points
NEIGHBOURS = 4
FLATNESS = 0.2  # standard deviation across the surface, of that along it
PLANE = 10  # points that tell how the surface lies
OVERSAMPLING = 8  # points looked at for each splat
BISECTIONS = 7


def bounding_ball(views: Sequence[Crop], cam_from_obj: SE3) -> tuple[Tensor, float]:
    """Centre (3,), object frame, and radius (metres) of a ball that the masks of posed views allow.

    The centre is nearest to the rays through the middles of the masks.

    Raises:
        InputError: the rays are parallel or the centre lies behind a camera.
    """
    obj_from_cam = cam_from_obj.inverse()
    boxes = [torch.stack(mask_box(view.mask)).float() for view in views]
    rays = torch.stack(
        [view.camera.unproject(box.mean(0), torch.ones(())) for view, box in zip(views, boxes, strict=True)]
    )
    directions = torch.nn.functional.normalize(
        obj_from_cam.rotation.apply(rays.to(cam_from_obj.wxyz_xyz)), dim=-1
    )
    across = torch.eye(3) - directions[:, :, None] * directions[:, None]
    system = across.sum(0)
    if torch.linalg.eigvalsh(system)[0] < 1e-3 * len(views):
        raise InputError("views", "all from one direction", "views from around the object", "add other views")
    centre = torch.linalg.solve(system, (across @ obj_from_cam.translation[..., None])[..., 0].sum(0))
    depth = cam_from_obj.apply(centre)[:, 2]
    if bool((depth <= 0).any()):
        view = int(depth.argmin())
        raise InputError(
            f"view {view}", "the object behind the camera", "cam_from_obj", "invert the transforms"
        )
    reach = [
        float((box[1] - box[0]).norm() / 2 / view.K[0, 0]) for view, box in zip(views, boxes, strict=True)
    ]
    return centre, float((depth * torch.tensor(reach)).median())


def initial_splats(
    views: Sequence[Crop], cam_from_obj: SE3, centre: Tensor, radius: float, count: int
) -> Splats:
    """About `count` flat splats on the surface: from depth where the views have it, else the visual hull."""
    has_depth = [bool((view.mask & (view.depth > 0)).any()) for view in views]
    points, colors = (
        _measured(views, cam_from_obj) if all(has_depth) else _hull(views, cam_from_obj, centre, radius)
    )
    near = (points - centre).norm(dim=-1) < 1.2 * radius
    points, colors = points[near], colors[near]
    if len(points) < LEAST:
        found = f"{len(points)} points that all views agree on"
        raise InputError("views", found, f"at least {LEAST}", "check the poses against the masks")
    kept = _spread_out(points, count)
    points, colors = points[kept], colors[kept]
    distance, nearest = map(torch.from_numpy, cKDTree(points.numpy()).query(points.numpy(), k=PLANE))
    width = WIDTH * distance[:, 1 : NEIGHBOURS + 1].float().mean(1).clamp_min(1e-4 * radius)
    scales = width[:, None] * torch.tensor([1.0, 1.0, FLATNESS])
    return Splats(points, facing(_normals(points[nearest])), scales, torch.full_like(width, OPACITY), colors)


def _normals(around: Tensor) -> Tensor:
    """(N, 3) unit normals, of either sign, of the planes through points (N, K, 3)."""
    offset = around - around.mean(1, keepdim=True)
    return torch.linalg.eigh(offset.mT @ offset).eigenvectors[:, :, 0]


def _spread_out(points: Tensor, count: int) -> Tensor:
    """Indices of nearly `count` points, at most, evenly spread; the distance between them by bisection."""
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(0))[: OVERSAMPLING * count]
    if len(points) <= count:
        return order
    array = points[order].double().numpy()
    low, high = 0.0, 2 * float((points.amax(0) - points.amin(0)).norm()) / count**0.5
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if len(thinned(array, middle)) > count else (low, middle)
    return order[torch.from_numpy(thinned(array, high))]


def _measured(views: Sequence[Crop], cam_from_obj: SE3) -> tuple[Tensor, Tensor]:
    points, colors = [], []
    for view, pose in zip(views, cam_from_obj, strict=True):
        chosen = view.mask & (view.depth > 0)
        points.append(pose.inverse().apply(view.points()[chosen]))
        colors.append(view.rgb[chosen])
    return torch.cat(points), torch.cat(colors)


def _hull(views: Sequence[Crop], cam_from_obj: SE3, centre: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    """Cells of a grid on the border of the visual hull (Laurentini 1994), and the mean colour seen there."""
    axis = torch.linspace(-1.1 * radius, 1.1 * radius, GRID)
    cells = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1) + centre
    votes, watched = torch.zeros(GRID, GRID, GRID), torch.zeros(GRID, GRID, GRID)
    total = torch.zeros(GRID, GRID, GRID, 3)
    for view, pose in zip(views, cam_from_obj, strict=True):
        column, row, inside = nearest_pixels(view.camera.project(pose.apply(cells)), view.size, view.size)
        hit = view.mask[row, column] & inside
        # Beyond the crop there is no mask either, unless the frame ends there.
        watched += torch.where(inside, view.inside[row, column], True)
        votes += hit
        total += view.rgb[row, column] * hit[..., None]
    solid = (votes > 0) & (votes >= (1 - MISSES) * watched)
    inner = torch.nn.functional.avg_pool3d(solid[None, None].float(), 3, 1, 1)[0, 0] > 0.999
    border = solid & ~inner
    return cells[border], total[border] / votes[border][:, None]
