"""From where was a photo of a reconstruction taken: viewpoints all around, rendered and compared."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations, moved_about, view_directions, view_rotations
from objpose.raster import RobustLoss, Splats, render_splats, splat_normal_equations
from objpose.raster.drawn.light import appearance_channels
from objpose.robust import LONGEST, LMOptions, levenberg_marquardt
from objpose.splatting.scene_view import SceneView

LEAST_SEEN = 1e-6  # norm of a picture below which it shows nothing
LARGEST_GAIN = 3.0  # between exposures; free, a camera that sees nothing would do
COLOR_SCALE = 0.1  # of the norm of the colours' difference, what an inlier's seldom exceeds


@dataclass(frozen=True)
class ViewpointOptions:
    directions: int = 160  # over the whole sphere: some 16 degrees apart
    within: float = 100.0  # degrees from the direction of a known camera: beyond, nothing is reconstructed
    turns: int = 12  # about the optical axis
    distances: tuple[float, ...] = (0.75, 1.0, 1.33)  # from the centre, of the known cameras' median
    coarse: int = 40  # pixels of the longer side of the pictures that are searched
    fine: int = 80  # and of those that the best are refined on
    refined: int = 12  # places
    steps: int = 10  # of Levenberg-Marquardt at either size
    distinct: float = 15.0  # degrees: places that differ by less are one
    batch: int = 64  # pictures rendered at once


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A place that a photo may have been taken from: () cam_from_world, and its likeness in [-1, 1]."""

    cam_from_world: SE3
    likeness: float


def search_viewpoints(
    splats: Splats,
    view: SceneView,
    known: SE3,
    centre: Tensor,
    near: float,
    options: ViewpointOptions = ViewpointOptions(),
) -> list[Viewpoint]:
    """Distinct places of a photo around a reconstruction, the most alike first.

    The discrete search of SparseAGS (Xu et al., 2024), with correlation over all shifts of the picture in
    place of hundreds of first-order steps, and Levenberg-Marquardt in place of the rest. Compared are the
    `appearance_channels`, as correlations over the whole picture: exposure and white balance cost nothing.

    Args:
        view: the photo. known: (N,) cam_from_world of the photos that the splats show. centre: (3,) what
        they look at. near: nothing nearer to a camera is drawn.
    """
    known, centre = known.to(torch.float32), centre.float()
    grid = _grid(known, centre, options)
    small = view.smaller(options.coarse)
    scores, moved = _correlated(splats, small, grid, near, options.batch)
    best = _distinct(moved, scores, options)
    places = moved.wxyz_xyz[best]
    for size in (options.coarse, options.fine):
        problem = _Alignment(splats, view.smaller(size), centre, near)
        settings = LMOptions(options.steps, 1e-2, 1e-3, longest=LONGEST)
        places = levenberg_marquardt(places, problem.linearize, problem.retract, settings).params
    likeness = _likeness(splats, view.smaller(options.fine), SE3(places), near)
    kept = _distinct(SE3(places), likeness, options)
    return [Viewpoint(SE3(places[index]).to(torch.float64), float(likeness[index])) for index in kept]


def _grid(known: SE3, centre: Tensor, options: ViewpointOptions) -> SE3:
    """Cameras that look at the centre, from all directions near those of known ones."""
    towards = known.inverse().translation - centre
    distance = towards.norm(dim=-1).median()
    directions = view_directions(options.directions)
    cosine = (directions @ torch.nn.functional.normalize(towards, dim=-1).T).amax(1)
    near = (cosine > torch.cos(torch.deg2rad(torch.tensor(options.within)))).nonzero()[:, 0]
    wxyz = view_rotations(options.directions, options.turns).wxyz.view(options.directions, options.turns, 4)
    rotations = wxyz[near].reshape(-1, 4)
    grids = []
    for share in options.distances:
        looking = SE3(torch.cat([rotations, torch.zeros(len(rotations), 3)], dim=-1))
        back = looking.apply(-centre) + torch.tensor([0.0, 0.0, float(share * distance)])
        grids.append(SE3(torch.cat([rotations, back], dim=-1)))
    return SE3.cat(grids)


def _channels(splats: Splats, view: SceneView, cam_from_world: SE3, near: float) -> Tensor:
    """(B, H, W, 3) appearance of the splats before black."""
    camera = view.camera
    drawn = render_splats(
        splats, cam_from_world, camera.K, camera.width, camera.height, antialias=True, near=near
    )
    return appearance_channels(drawn.color.clamp(0, 1))


def _correlated(
    splats: Splats, view: SceneView, cam_from_world: SE3, near: float, batch: int
) -> tuple[Tensor, SE3]:
    """(B,) best correlation over all shifts of the renderings, and the cameras turned by the shifts."""
    height, width = view.rgb.shape[:2]
    padded = (2 * height, 2 * width)
    seen = _centred(appearance_channels(view.rgb * view.shown[..., None])[None])
    spectrum = torch.fft.rfft2(seen, s=padded, dim=(1, 2))
    scores, shifts = [], []
    for start in range(0, len(cam_from_world), batch):
        drawn = _centred(_channels(splats, view, cam_from_world[start : start + batch], near))
        found = torch.fft.irfft2(
            spectrum * torch.fft.rfft2(drawn, s=padded, dim=(1, 2)).conj(), s=padded, dim=(1, 2)
        )
        best, place = found.mean(-1).flatten(1).max(1)
        scores.append(best)
        shifts.append(torch.stack([place % padded[1], place // padded[1]], dim=-1))
    shift, size = torch.cat(shifts), torch.tensor([padded[1], padded[0]])
    shift = torch.where(shift >= size // 2, shift - size, shift).float()
    angles = shift / torch.tensor([view.camera.fx, view.camera.fy])
    twist = torch.zeros(len(shift), 6)
    # What moves right in the picture turns about the axis that points down, what moves down the other way.
    twist[:, 3], twist[:, 4] = -angles[:, 1], angles[:, 0]
    return torch.cat(scores), SE3.exp(twist) @ cam_from_world


def _likeness(splats: Splats, view: SceneView, cam_from_world: SE3, near: float) -> Tensor:
    """(B,) correlation of rendered pictures with the photo, mean over the channels."""
    seen = _centred(appearance_channels(view.rgb * view.shown[..., None])[None])
    return (seen * _centred(_channels(splats, view, cam_from_world, near))).sum((1, 2)).mean(-1)


def _centred(images: Tensor) -> Tensor:
    """(B, H, W, C) with mean 0 and norm 1 in each channel; 0 where there is no contrast."""
    images = images - images.mean((1, 2), keepdim=True)
    norm = images.square().sum((1, 2), keepdim=True).sqrt()
    return torch.where(norm > LEAST_SEEN, images / norm.clamp_min(LEAST_SEEN), 0.0)


def _distinct(places: SE3, scores: Tensor, options: ViewpointOptions) -> list[int]:
    """Indices of the best places, each turned by more than `distinct` against the better ones."""
    chosen: list[int] = []
    for index in scores.argsort(descending=True, stable=True).tolist():
        if len(chosen) == options.refined:
            break
        turns = (places[chosen].rotation @ places[index].rotation.inverse()).log().norm(dim=-1)
        if not chosen or float(torch.rad2deg(turns).min()) > options.distinct:
            chosen.append(index)
    return chosen


class _Alignment:
    """Colours of the splats against a photo's, for B cameras; steps turn about the centre.

    Not `appearance_channels`: logarithms blend otherwise than light, which moves soft borders outwards.
    """

    def __init__(self, splats: Splats, view: SceneView, centre: Tensor, near: float):
        self.splats, self.view, self.centre, self.near = splats, view, centre, near
        self.seen = view.rgb * view.shown[..., None]

    def linearize(self, params: Tensor) -> NormalEquations:
        """Normal equations of cameras (B, 7) = wxyz_xyz; gains of the channels are fitted at each of them."""
        cams, camera = SE3(params), self.view.camera
        size = (camera.width, camera.height)
        drawn = render_splats(self.splats, cams, camera.K, *size, antialias=True, near=self.near).color
        gain = (self.seen * drawn).sum((1, 2)) / self.seen.square().sum((0, 1)).clamp_min(LEAST_SEEN)
        gain = gain.clamp(1 / LARGEST_GAIN, LARGEST_GAIN)
        return (
            splat_normal_equations(
                self.splats,
                cams,
                camera.K,
                gain[:, None, None] * self.seen,
                color_loss=RobustLoss("cauchy", COLOR_SCALE),
                antialias=True,
                near=self.near,
            )
            .about(cams.apply(self.centre))
            .to(params)
        )

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        return moved_about(self.centre, params, step)
