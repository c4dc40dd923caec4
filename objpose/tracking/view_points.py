"""Contour points and surface points of an object, drawn from all around."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh, nearest_pixels, view_directions
from objpose.objects.template_views import TemplateViews, ViewOptions, template_views
from objpose.raster import render_mesh
from objpose.tracking.contours import OUTWARD, Contours, trace_contours
from objpose.work import share, within

# Views, 6 degrees apart. With the object 200 pixels wide, the contour points of the nearest one lie off the
# outline of random poses of four objects by 0.13 pixels at the median; 0.4 % are more than 2 off (1 % with
# 642 views, 0.1 % with 2562, which take twice as long to make and to load).
COUNT = 1280
SIZE = 256  # pixels along a side of a view; a power of two
AT_ONCE = 32  # views drawn together: bounds the memory
FILL = 0.88  # of a view's side taken by the longer side of the object's box: a walk ends on background
DISTANCE = 6.0  # of the cameras from the object's centre, diameters
CONTOUR_POINTS, SURFACE_POINTS = 200, 200  # of a view
GRAZING = 0.2  # cosine of normal and line of sight below which a depth camera measures little
STEEPEST = 10.0  # depth by width to which a surface's plane is followed to its border
BESIDE = 0.05  # of the diameter: how far from a contour point something else may be seen before it
BLOCK = 16  # steps of a walk taken together
EVERY = (
    2  # surface points are among every second pixel, one such step from the outline: those are hidden first
)


@within()
def view_points(mesh: Mesh, count: int = COUNT) -> dict[str, Tensor]:
    """The fields of SparseViews, from `count` directions, of a mesh in metres."""
    options = ViewOptions(directions=count, turns=1, fill=FILL, distance=DISTANCE)
    views = template_views(mesh, SIZE, options)
    parts = share(partial(_some_points, mesh, views), range(0, count, AT_ONCE))
    is_seen = torch.cat([seen for seen, _ in parts])
    directions = view_directions(count)
    # A sheet seen along its plane shows nothing: it lends itself the view beside.
    source = (directions @ directions[is_seen].T).argmax(-1)
    found = {name: torch.cat([part[name] for _, part in parts])[source] for name in parts[0][1]}
    return {"centre": views.centre, "directions": directions, **found}


def _some_points(mesh: Mesh, views: TemplateViews, first: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Which of AT_ONCE views from `first` on show the object, and the points of those that do."""
    some = slice(first, first + AT_ONCE)
    cam_from_obj, K, near = views.cam_from_obj[some], views.K[some], mesh.diameter()
    render = render_mesh(mesh, cam_from_obj, K, SIZE, SIZE, outputs=("depth", "normals"), near=near)
    is_seen = render.mask.flatten(1).any(1)
    assert render.normals is not None  # asked for
    shown = _Shown(
        SE3(cam_from_obj.wxyz_xyz[is_seen]), K[is_seen], render.depth[is_seen], render.normals[is_seen]
    )
    return is_seen, {**shown.contour(mesh.diameter()), **shown.surface()}


class _Shown:
    """Views (V,) that show the object, as drawn."""

    def __init__(self, cam_from_obj: SE3, K: Tensor, depth: Tensor, normals: Tensor):
        self.cam_from_obj, self.K, self.depth, self.normals = cam_from_obj, K, depth, normals

    def contour(self, farthest: float) -> dict[str, Tensor]:
        """Its fields of SparseViews; reach ends at `farthest` metres."""
        mask = self.depth > 0
        contours = trace_contours(mask)
        at = _evenly_along(contours, len(mask))
        view = torch.arange(len(mask))[:, None].expand_as(at)
        row, column = contours.pixel[at].unbind(-1)
        place, normal, depth = contours.place[at], contours.normal[at], self.depth[view, row, column]
        metres = depth / self.K[view, 0, 0]  # of a pixel there
        around = self._nearest_around(view, place, BESIDE * farthest / metres)
        reach = [_steps_until_change(mask, view, place, sign * normal) for sign in (-1, 1)]
        depth = depth + metres * self._receding(view, contours.pixel[at], place, normal)
        flat_normal = torch.cat([normal, torch.zeros_like(depth)[..., None]], dim=-1)
        return {
            "contour_points": self._on_surface(view, place, depth),
            "contour_normals": self._turned(flat_normal),
            "contour_front": (depth - around).clamp_min(0.0),
            "contour_reach": (torch.stack(reach, dim=-1) * metres[..., None]).clamp_max(farthest),
        }

    def _receding(self, view: Tensor, pixel: Tensor, place: Tensor, normal: Tensor) -> Tensor:
        """(V, N) pixels the surface recedes from a pixel's centre to its border, if its plane goes on."""
        inside = self.normals[view, pixel[..., 0], pixel[..., 1]]
        slope = (inside[..., :2] * normal).sum(-1) / -inside[..., 2].clamp_max(-1e-6)
        return slope.clamp(-STEEPEST, STEEPEST) * ((place - pixel.flip(-1)) * normal).sum(-1)

    def _nearest_around(self, view: Tensor, place: Tensor, radius: Tensor) -> Tensor:
        """(V, N) least depth in squares of `radius` pixels about places (V, N, 2), each of 5 x 5 samples."""
        steps = torch.linspace(-1, 1, 5)
        shift = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), dim=-1).reshape(-1, 2)
        column, row, _ = nearest_pixels(place[..., None, :] + shift * radius[..., None, None], SIZE, SIZE)
        depth = self.depth[view[..., None], row, column]
        return torch.where(depth > 0, depth, torch.inf).amin(-1)

    def surface(self) -> dict[str, Tensor]:
        """Its fields of SparseViews."""
        mask = self.depth > 0
        few = mask[:, ::EVERY, ::EVERY]
        inner = few & (self.normals[:, ::EVERY, ::EVERY, 2] < -GRAZING)
        for y, x in OUTWARD.tolist():
            inner &= few.roll((y, x), (1, 2))
        good = torch.zeros_like(mask)
        good[:, ::EVERY, ::EVERY] = inner
        pixel = _evenly_over(torch.where(good.flatten(1).any(1)[:, None, None], good, mask))
        view = torch.arange(len(mask))[:, None].expand_as(pixel)
        row, column = pixel // SIZE, pixel % SIZE
        place = torch.stack([column, row], dim=-1).float()
        return {
            "surface_points": self._on_surface(view, place, self.depth[view, row, column]),
            "surface_normals": self._turned(self.normals[view, row, column]),
        }

    def _on_surface(self, view: Tensor, place: Tensor, depth: Tensor) -> Tensor:
        """(V, N, 3) points in the mesh's frame at places (V, N, 2), pixels, and z-depths (V, N)."""
        focal, middle = self.K[view, 0, 0, None], self.K[view, :2, 2]
        rays = torch.cat([(place - middle) / focal, torch.ones_like(depth)[..., None]], dim=-1)
        return self.cam_from_obj.inverse().apply_points(depth[..., None] * rays)

    def _turned(self, vectors: Tensor) -> Tensor:
        """Vectors (V, N, 3) of the cameras' frames in the mesh's."""
        return vectors @ self.cam_from_obj.rotation.matrix()


def _evenly_along(contours: Contours, views: int) -> Tensor:
    """(V, CONTOUR_POINTS) indices of sides, at equal distances along each view's contours."""
    end = contours.length.double().cumsum(0)
    count = torch.bincount(contours.view, minlength=views)
    last = count.cumsum(0) - 1
    first = last - count + 1
    before = end[first] - contours.length[first]
    share = (torch.arange(CONTOUR_POINTS) + 0.5) / CONTOUR_POINTS
    along = before[:, None] + share * (end[last] - before)[:, None]
    return torch.searchsorted(end, along.contiguous()).clamp(first[:, None], last[:, None])


def _steps_until_change(mask: Tensor, view: Tensor, place: Tensor, direction: Tensor) -> Tensor:
    """(V, N) pixels from places (V, N, 2) along `direction` to where mask (V, H, W) changes; inf: nowhere.

    The first pixel, on the border itself, tells nothing. What lies beyond the image is background.
    """
    steps = torch.full((view.numel(),), torch.inf)
    going = torch.arange(view.numel())
    flat, base = mask.flatten(), (view * SIZE * SIZE).flatten().int()
    column, row = (place + 0.5).flatten(0, 1).unbind(-1)
    along_column, along_row = direction.flatten(0, 1).unbind(-1)
    was = _at(flat, base, column + along_column, row + along_row)
    for first in range(2, 2 * SIZE, BLOCK):
        walked = torch.arange(first, first + BLOCK)[:, None]
        x, y = column[going] + walked * along_column[going], row[going] + walked * along_row[going]
        changed = _at(flat, base[going], x, y) != was[going]
        found, which = changed.max(0)
        steps[going] = torch.where(found, (which + first).float(), torch.inf)
        going = going[~found & (x[-1] > 0) & (x[-1] < SIZE) & (y[-1] > 0) & (y[-1] < SIZE)]
        if not len(going):
            break
    return steps.view(view.shape)


def _at(flat: Tensor, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
    """What flattened masks, one from each `base` on, hold at column and row, whole at the pixels' corners."""
    pixel = base + row.int().clamp(0, SIZE - 1) * SIZE + column.int().clamp(0, SIZE - 1)
    return flat[pixel]


def _evenly_over(good: Tensor) -> Tensor:
    """(V, SURFACE_POINTS) flat indices of pixels of good (V, SIZE, SIZE), none of which is empty.

    Every so many-th along a curve that fills the image (Morton's), so that they lie evenly.
    """
    order = _morton_order()
    rank = good.flatten(1)[:, order].cumsum(1, dtype=torch.int32)
    share = (torch.arange(SURFACE_POINTS) + 0.5) / SURFACE_POINTS
    wanted = (share * rank[:, -1:]).int() + 1
    return order[torch.searchsorted(rank, wanted)]


def _morton_order() -> Tensor:
    """(SIZE * SIZE,) flat indices of an image's pixels, by the bits of row and column in turn."""
    flat = torch.arange(SIZE * SIZE)
    row, column = flat // SIZE, flat % SIZE
    code = torch.zeros_like(flat)
    for bit in range(SIZE.bit_length() - 1):
        code |= ((column >> bit & 1) << 2 * bit) | ((row >> bit & 1) << 2 * bit + 1)
    return code.argsort()
