"""What drawn images are compared with, and where."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import HOST, Camera, upload


class Pixels(NamedTuple):
    """P pixels of a picture."""

    place: Tensor  # (P,) int32, into the flattened picture
    rays: Tensor  # (3, P) float32, with z = 1
    K: Tensor  # (3, 3) float32

    @staticmethod
    def of(camera: Camera, where: Tensor, device: torch.device = HOST) -> Pixels:
        """Those of a camera's picture where `where` (H, W) bool, on the host, holds; on the device."""
        place = where.flatten().nonzero()[:, 0]
        rays = camera.rays().reshape(-1, 3)[place].T.contiguous()
        return Pixels(*(upload(array, device) for array in (place.int(), rays, camera.K.float())))

    @property
    def size(self) -> int:
        """P."""
        return len(self.place)

    def __call__(self, images: Tensor) -> Tensor:
        """(B, P) values of pictures (B, H, W)."""
        return images.flatten(1).index_select(1, self.place)

    def planes(self, images: Tensor) -> Tensor:
        """(C, B, P) values of pictures (B, H, W, C): numbers of one kind side by side are quickest."""
        return images.flatten(1, 2).index_select(1, self.place).permute(2, 0, 1).contiguous()

    def surface(self, depth: Tensor, pivot: Tensor) -> tuple[Tensor, Tensor]:
        """(B, P) of drawn depths (B, H, W), metres, 0 = empty; (3, B, P) from pivots (B, 3) to there."""
        here = self(depth)
        return here, here * self.rays[:, None] - pivot.T[..., None]


class MeasuredDepth(NamedTuple):
    """Of P pixels."""

    depth: Tensor  # (P,) metres, none missing
    sigma: float  # metres: noise and model error of a pixel
    reach: float  # metres: differences beyond which are outliers


class SeenColors(NamedTuple):
    """Of P pixels, in the channels of `appearance_channels`."""

    channels: Tensor  # (3, P)
    slopes: Tensor  # (2, 3, P) along columns and rows, per pixel


class PictureEdges(NamedTuple):
    """How colours change in a picture of S x S pixels, for outlines that look for its edges."""

    slopes: Tensor  # (S, S, 6) of the three colours in [0, 1] along columns, then along rows, a pixel
    counts: Tensor  # (S, S) bool: whether an outline drawn there is compared
    rays: Tensor  # (S, S, 3) with z = 1
    K: Tensor  # (3, 3)
    reach: float  # pixels that outlines are off their edges, standard deviation


class SeenShape(NamedTuple):
    """What a crop of S x S pixels holds of an object's shape."""

    mask: Tensor  # (S, S) bool
    inside: Tensor  # (S, S) bool: pixels that the frame covers
    covered: Tensor | None  # (S, S) bool: others' masks; None: none known
    depth: Tensor | None  # (S, S) metres, 0 = missing; None: the mask alone tells


class ShapeCounts(NamedTuple):
    """Of B drawn shapes against what is seen, in pixels; with depth only where there is some."""

    agreed: Tensor  # (B,) in the mask: what is drawn there; with depth as far as it agrees
    outside: Tensor  # (B,) beyond the mask, as far as depth agrees; 0 without
    unexplained: Tensor  # (B,) of the mask: the rest
    through: Tensor  # (B,) drawn beyond the mask where the sensor saw farther; 0 without depth
    hidden: Tensor  # (B,) drawn beyond the mask behind what is measured; without depth, in others' masks
    claimed: Tensor  # (B,) drawn within the frame
    explained: Tensor  # (B,) in the mask: where anything agrees
    empty: Tensor  # (B,) in patches: drawn where nothing of the object is
    bare: Tensor  # (B,) in patches: of the mask, with nothing drawn


class MaskBorder(NamedTuple):
    """The border of a mask in a picture of S x S pixels."""

    distance: Tensor  # (S, S) pixels beyond the mask's outline, negative within
    slope: Tensor  # (S, S, 2) of it, along rows and columns
    counts: Tensor  # (S, S) bool: whether an outline drawn there is compared
    rays: Tensor  # (S, S, 3) with z = 1
    K: Tensor  # (3, 3)
    sigma: float  # pixels: how far a mask's border is off
    reach: float  # pixels: outlines farther off are left alone
