"""Posed objects drawn into a picture: blended in, outlined, with axes and words."""

from __future__ import annotations

import torch
from PIL import ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

from objpose.frame import Frame
from objpose.geometry import SE3, Camera, Mesh
from objpose.raster import render_mesh

Color = tuple[int, int, int]

AXES = ((220, 50, 47), (60, 160, 60), (38, 100, 220))  # x, y, z
FILL = 0.45  # opacity of the drawn object
IN_FRONT = 0.05  # of the diameter, by which an occluder must stand before the object
NEAR = 0.01  # metres: nothing nearer is drawn
LARGEST = 4  # image sizes that the straightened picture of an object may span
PLAIN = 0.75  # brightness of an object without colour, before shading


def drawn(
    image: Tensor, frame: Frame, mesh: Mesh, cam_from_mesh: SE3, outline: Color, fill: float = FILL
) -> Tensor:
    """The picture (H, W, 3) in 0..1 with the object, bent as the camera's lens bends what it sees."""
    mask, depth, color, normals = rendered(frame.camera, mesh, cam_from_mesh).split([1, 1, 3, 3], -1)
    if mesh.color_source == "none":
        color = PLAIN * (0.4 + 0.6 * normals[..., 2:].abs()).expand(-1, -1, 3)
    seen = mask[..., 0] > 0
    shown = (seen & ~_hidden(depth[..., 0], frame, mesh))[..., None].float()
    image = image * (1 - fill * shown) + color * fill * shown
    return torch.where(edge(seen)[..., None], torch.tensor(outline) / 255, image)


def rendered(camera: Camera, mesh: Mesh, cam_from_mesh: SE3) -> Tensor:
    """(H, W, 8) mask, depth, colour and normals of the object as the camera sees it."""
    pinhole = camera.pinhole if camera.lens is None else _around(camera, mesh, cam_from_mesh)
    render = render_mesh(
        mesh, cam_from_mesh[None], pinhole.K.float(), pinhole.width, pinhole.height,
        outputs=("depth", "color", "normals"),
    )  # fmt: skip
    assert render.color is not None and render.normals is not None  # asked for
    planes = torch.cat(
        [render.mask[0, ..., None].float(), render.depth[0, ..., None], render.color[0], render.normals[0]],
        -1,
    )
    if camera.lens is None:
        return planes
    size = torch.tensor([pinhole.width, pinhole.height])
    grid = ((2 * pinhole.project(camera.rays()) + 1) / size - 1).nan_to_num(-9.0)
    planes = planes.permute(2, 0, 1)[None]
    bent = functional.grid_sample(planes, grid[None], mode="nearest", align_corners=False)
    return bent[0].permute(1, 2, 0)


def _around(camera: Camera, mesh: Mesh, cam_from_mesh: SE3) -> Camera:
    """A pinhole of the camera's resolution that sees the object, as much of it as LARGEST allows."""
    points = cam_from_mesh.apply_points(mesh.vertices)
    pixels = camera.pinhole.project(points[points[:, 2] > NEAR])
    most = float(LARGEST * max(camera.width, camera.height))
    low, high = (pixels.amin(0), pixels.amax(0)) if len(pixels) else (torch.zeros(2), torch.zeros(2))
    low = low.clamp(-most, most).floor() - 2
    (x, y), (width, height) = low.tolist(), ((high - low).clamp(1, most).ceil().long() + 3).tolist()
    return camera.pinhole.crop(x, y, width, height)


def _hidden(rendered: Tensor, frame: Frame, mesh: Mesh) -> Tensor:
    """(H, W) bool: where the frame measured something clearly in front of the drawn object."""
    if frame.depth is None:
        return torch.zeros_like(rendered, dtype=torch.bool)
    return (frame.depth > 0) & (frame.depth < rendered - IN_FRONT * mesh.diameter())


def edge(mask: Tensor) -> Tensor:
    """(H, W) bool: a two-pixel line around the mask."""
    grown = functional.max_pool2d(mask[None, None].float(), 5, 1, 2)[0, 0] > 0
    return grown & ~mask


def draw_axes(
    canvas: ImageDraw.ImageDraw, camera: Camera, mesh: Mesh, cam_from_mesh: SE3, label: str
) -> None:
    """The object's axes, a third of its diameter long, from its centre, and the label there."""
    draw_frame(canvas, camera, cam_from_mesh, mesh.bounds().mean(0), mesh.diameter() / 3, label)


def draw_frame(
    canvas: ImageDraw.ImageDraw, camera: Camera, cam_from_obj: SE3, centre: Tensor, length: float, label: str
) -> None:
    """Axes of a frame under a pose (), from a point (3,) of it, and the label there."""
    tips = centre + torch.cat([torch.zeros(1, 3), torch.eye(3)]) * length
    points = cam_from_obj.apply_points(tips)
    pixels = camera.project(points)
    if bool((points[:, 2] <= NEAR).any()) or not bool(pixels.isfinite().all()):
        return
    start, *ends = [tuple(p) for p in pixels.tolist()]
    for end, color in zip(ends, AXES, strict=True):
        canvas.line([start, end], fill=color, width=3)
    draw_words(canvas, (start[0] + 4, start[1] + 4), label)


def draw_words(
    canvas: ImageDraw.ImageDraw, place: tuple[float, float], words: str, size: float | None = None
) -> None:
    """Words that can be read on any ground; size in pixels."""
    font = None if size is None else ImageFont.load_default(size)
    canvas.text(place, words, fill="white", font=font, stroke_width=2, stroke_fill="black")
