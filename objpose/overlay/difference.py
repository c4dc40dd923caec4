"""What tells two poses of an object apart: both drawn into the photo, and where their drawings differ."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.overlay.drawing import Color, draw_words, drawn, rendered

# Told apart by colour-blind readers too (Okabe & Ito).
FIRST, SECOND, BOTH = (0, 158, 115), (213, 94, 0), (120, 40, 160)
TILE = 300  # pixels of each side
GAP = 4  # pixels between tiles
LETTER = 28  # pixels: the panel shows the strip at less than half its size
MARGIN = 0.12  # of the box around both drawings, on each side
FAR = 0.05  # of the diameter: a difference in depth shown at full strength
OTHER_PAINT = 0.4  # of full brightness: a difference in paint shown at full strength
FADED = 0.35  # of the photo's contrast under the differences


def draw_difference(
    frame: Frame, model: ObjectModel, cam_from_obj: tuple[SE3, SE3], names: tuple[str, str]
) -> UInt8[np.ndarray, "h w 3"]:
    """Three tiles of the photo around the object: with the first pose, the second, and where they differ.

    Only where the third has colour can anything tell the two apart: green where the first pose alone has the
    object, orange where the second alone has it, purple where both have it with other paint, or another
    depth in a frame that has depth.
    """
    cam_from_mesh = [model.cam_from_mesh(one) for one in cam_from_obj]
    first, second = (rendered(frame.camera, model.mesh, one) for one in cam_from_mesh)
    photo = frame.rgb.float() / 255
    pictures = [
        drawn(photo, frame, model.mesh, one, color, fill=0.6)
        for one, color in zip(cam_from_mesh, (FIRST, SECOND), strict=True)
    ]
    reach = FAR * model.diameter if frame.depth is not None else torch.inf
    pictures.append(_differing(photo, first, second, reach))
    window = _window((first[..., 0] > 0) | (second[..., 0] > 0))
    tiles = [_tile(picture[window]) for picture in pictures]
    strip = Image.new("RGB", (3 * TILE + 2 * GAP, TILE), "white")
    canvas = ImageDraw.Draw(strip)
    for index, (tile, name) in enumerate(zip(tiles, (*names, "where they differ"), strict=True)):
        strip.paste(tile, (index * (TILE + GAP), 0))
        draw_words(canvas, (index * (TILE + GAP) + 6, TILE - LETTER - 12), name, size=LETTER)
    return np.asarray(strip)


def _differing(photo: Tensor, first: Tensor, second: Tensor, reach: float) -> Tensor:
    """(H, W, 3) the faded photo with the differences of two drawings (H, W, 8) laid over it.

    reach: metres of depth that count in full; infinite where the frame measures none.
    """
    faded = 1 - FADED + FADED * photo.mean(-1, keepdim=True).expand(-1, -1, 3)
    in_first, in_second = first[..., 0] > 0, second[..., 0] > 0
    depth = (first[..., 1] - second[..., 1]).abs() / reach
    paint = (first[..., 2:5] - second[..., 2:5]).abs().amax(-1) / OTHER_PAINT
    strength = torch.maximum(depth, paint).clamp(0, 1) * (in_first & in_second)
    picture = faded + strength[..., None] * (_color(BOTH) - faded)
    picture = torch.where((in_first & ~in_second)[..., None], _color(FIRST), picture)
    return torch.where((in_second & ~in_first)[..., None], _color(SECOND), picture)


def _color(color: Color) -> Tensor:
    return torch.tensor(color) / 255


def _window(mask: Tensor) -> tuple[slice, slice]:
    """A square of rows and columns around a mask, cut to the picture; all of it for an empty one."""
    rows, columns = (mask.any(axis).nonzero()[:, 0].tolist() for axis in (1, 0))
    if not rows:
        return slice(None), slice(None)
    half = (0.5 + MARGIN) * (1 + max(rows[-1] - rows[0], columns[-1] - columns[0]))
    middles = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2
    top, left = (slice(max(0, round(middle - half)), round(middle + half) + 1) for middle in middles)
    return top, left


def _tile(picture: Tensor) -> Image.Image:
    """The picture as large as fits in a tile, on white."""
    image = Image.fromarray((picture * 255).round().byte().numpy())
    scale = TILE / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    tile = Image.new("RGB", (TILE, TILE), "white")
    tile.paste(image.resize(size, Image.Resampling.BICUBIC), ((TILE - size[0]) // 2, (TILE - size[1]) // 2))
    return tile
