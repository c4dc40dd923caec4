"""The camera: intrinsics, image size, lens distortion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.devices import upload
from objpose.geometry.distortion import Lens, lens_of
from objpose.geometry.sampling import resized_pixels

# No real camera sees more than about 170 degrees through a pinhole: below this fx/width, K is not in pixels.
MIN_FOCAL_FRACTION = 0.05
# A principal point further out than this many image sizes belongs to an image of another size.
MAX_CENTRE_OFFSET = 0.5
# How many coefficients the lens models have.
BROWN_CONRADY: tuple[int, ...] = (4, 5, 8)
FISHEYE: tuple[int, ...] = (4,)


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera, or one with a lens of OpenCV's; OpenCV axes: x right, y down, z forward.

    K: pixels, with pixel centres at integers. width, height: pixels.
    distortion: None for a pinhole; Brown-Conrady's (k1, k2, p1, p2[, k3[, k4, k5, k6]]) in OpenCV's order;
    (k1, k2, k3, k4) of an equidistant fisheye where `fisheye` is set, which is never None.
    """

    K: Float64[Tensor, "3 3"]
    width: int
    height: int
    distortion: tuple[float, ...] | None = None
    fisheye: bool = False

    @staticmethod
    def from_K(
        K: ArrayLike, width: int, height: int, distortion: ArrayLike | None = None, fisheye: bool = False
    ) -> Camera:
        """A validated camera from K (3x3, or 9 numbers row by row).

        Raises:
            InputError: K cannot belong to an image of this size, or a number of coefficients that no lens
                has, and says what to do.
        """
        width, height = _checked_size(width, height)
        K = _checked_matrix(K)
        _check_focal_lengths(K, width)
        _check_principal_point(K, width, height)
        return Camera(K, width, height, _checked_distortion(distortion, fisheye), fisheye)

    @property
    def lens(self) -> Lens | None:
        """What bends the rays; None for a pinhole."""
        return None if self.distortion is None else lens_of(self.distortion, self.fisheye)

    @property
    def pinhole(self) -> Camera:
        """The camera of the same K whose image no lens bends."""
        return Camera(self.K, self.width, self.height)

    @property
    def fx(self) -> float:
        return self.K[0, 0].item()

    @property
    def fy(self) -> float:
        return self.K[1, 1].item()

    @property
    def cx(self) -> float:
        return self.K[0, 2].item()

    @property
    def cy(self) -> float:
        return self.K[1, 2].item()

    def project(self, points_cam: ArrayLike) -> Float[Tensor, "*points 2"]:
        """Pixels (*, 2) of points (*, 3) in the camera frame; meaningless where z <= 0.

        NaN where the lens is not one-to-one any more, further out than any calibration holds.
        """
        points_cam = to_float_tensor(points_cam)
        normalised = points_cam[..., :2] / points_cam[..., 2:]
        if self.lens is not None:
            normalised = self.lens.distort(normalised)
        K = upload(self.K.to(points_cam.dtype), points_cam.device)
        return normalised @ K[:2, :2].mT + K[:2, 2]

    def unproject(self, pixels: ArrayLike, depth: ArrayLike) -> Float[Tensor, "*pixels 3"]:
        """Points (*, 3) in the camera frame, metres, at pixels (*, 2) and z-depths (*,).

        x and y are NaN at pixels where the lens puts no point of the half space in front of the camera.
        """
        pixels = to_float_tensor(pixels)
        depth = to_float_tensor(depth).to(pixels)
        K = upload(self.K.to(pixels.dtype), pixels.device)
        y = (pixels[..., 1] - K[1, 2]) / K[1, 1]
        x = (pixels[..., 0] - K[0, 2] - K[0, 1] * y) / K[0, 0]
        normalised = torch.stack([x, y], dim=-1)
        if self.lens is not None:
            normalised = self.lens.undistort(normalised)
        depth = depth.expand(normalised.shape[:-1])[..., None]
        return torch.cat([normalised * depth, depth], dim=-1)

    def crop(self, x: float, y: float, width: int, height: int) -> Camera:
        """The camera of the window whose pixel (0, 0) is pixel (x, y) of this one; it may reach outside."""
        width, height = _checked_size(width, height)
        K = self.K.clone()
        K[0, 2] -= x
        K[1, 2] -= y
        return replace(self, K=K, width=width, height=height)

    def resize(self, width: int, height: int) -> Camera:
        """The camera of the image resampled to another size; exact for pixel centres at integers."""
        width, height = _checked_size(width, height)
        K = self.K.clone()
        for row, scale in ((0, width / self.width), (1, height / self.height)):
            K[row] *= scale
            K[row, 2] = resized_pixels(self.K[row, 2], scale)
        return replace(self, K=K, width=width, height=height)

    def rays(
        self, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None
    ) -> Float[Tensor, "H W 3"]:
        """Directions of the pixels in the camera frame, with z = 1; NaN as `unproject`."""
        v, u = torch.meshgrid(
            torch.arange(self.height, dtype=dtype, device=device),
            torch.arange(self.width, dtype=dtype, device=device),
            indexing="ij",
        )
        return self.unproject(torch.stack([u, v], dim=-1), torch.ones_like(u))


def _checked_size(width: int, height: int) -> tuple[int, int]:
    if int(width) != width or int(height) != height or width < 1 or height < 1:
        found = f"{width} x {height}"
        raise InputError(
            "camera size", found, "whole pixels, at least 1 x 1", "give the image's width and height"
        )
    return int(width), int(height)


def _checked_matrix(K: ArrayLike) -> Tensor:
    try:
        K = torch.as_tensor(K, dtype=torch.float64).clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            "camera K", error, "9 numbers", "give K as 3x3 or as 9 numbers, row by row"
        ) from error
    if tuple(K.shape) not in ((3, 3), (9,)):
        raise InputError(
            "camera K", f"shape {tuple(K.shape)}", "(3, 3) or (9,)", "give fx 0 cx, 0 fy cy, 0 0 1"
        )
    K = K.reshape(3, 3)
    if not torch.isfinite(K).all():
        raise InputError("camera K", "NaN or infinity", "finite numbers", "check the calibration file")
    if K[0, 2] == 0 and K[1, 2] == 0 and (K[2, 0] != 0 or K[2, 1] != 0):
        raise InputError("camera K", "cx, cy in the last row", "cx, cy in the last column", "transpose K")
    if not torch.equal(K[2], torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)) or K[1, 0] != 0:
        cure = "divide K by its last entry, and undo any rotation in it"
        raise InputError("camera K", f"rows {K.tolist()}", "fx s cx, 0 fy cy, 0 0 1", cure)
    return K


def _check_focal_lengths(K: Tensor, width: int) -> None:
    fx, fy = K[0, 0].item(), K[1, 1].item()
    if fx <= 0 or fy <= 0:
        cure = "flip the axes to OpenCV's: x right, y down, z forward"
        raise InputError("camera K", f"fx={fx:g}, fy={fy:g}", "positive focal lengths", cure)
    if min(fx, fy) < MIN_FOCAL_FRACTION * width:
        raise InputError(
            "camera K",
            f"fx={fx:g}, fy={fy:g} for a width of {width} px",
            "focal lengths in pixels",
            "multiply a normalised K by the image size (first row by width, second by height)",
        )


def _check_principal_point(K: Tensor, width: int, height: int) -> None:
    cx, cy = K[0, 2].item(), K[1, 2].item()
    out_x = max(-cx, cx - width) / width
    out_y = max(-cy, cy - height) / height
    if max(out_x, out_y) > MAX_CENTRE_OFFSET:
        raise InputError(
            "camera K",
            f"principal point ({cx:g}, {cy:g}) far outside the {width} x {height} image",
            "one near the image centre",
            "K seems to belong to another resolution: make the camera at that size, then Camera.resize",
        )


def _checked_distortion(distortion: ArrayLike | None, fisheye: bool) -> tuple[float, ...] | None:
    if distortion is None:
        return (0.0,) * 4 if fisheye else None
    try:
        values = tuple(torch.as_tensor(distortion, dtype=torch.float64).reshape(-1).tolist())
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError("camera distortion", error, "numbers", "give OpenCV's coefficients") from error
    counts, cure = BROWN_CONRADY, "give (k1, k2, p1, p2[, k3[, k4, k5, k6]]) in OpenCV's order"
    if fisheye:
        counts, cure = FISHEYE, "give (k1, k2, k3, k4) of OpenCV's fisheye"
    if len(values) not in counts or not all(abs(value) < float("inf") for value in values):
        expected = f"{' or '.join(map(str, counts))} finite numbers"
        raise InputError("camera distortion", f"{len(values)} values {values}", expected, cure)
    return values if fisheye or any(values) else None
