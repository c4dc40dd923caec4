"""Visual-hull consistency: what one photo's outline shows must lie within the silhouettes of all others.

On the ray of every point of an outline there is a place on the object, which all other silhouettes cover. How
far the best place on the ray is outside the silhouette that covers it least is how far the hull of the others
falls short of the outline there (Laurentini, PAMI 1994; Hernandez, Schmitt, Cipolla: Silhouette coherence,
PAMI 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from objpose.cameras.silhouettes.silhouette import Silhouette

REACH = 0.9  # object sizes before and behind the middle that a ray is followed
BATCH = 4_000_000  # places on rays looked at in one go


class Rays(NamedTuple):
    """Points of the outlines of K photos on their rays: at B placements, M points, D depths.

    covered: (B, K, K, M, D) sigmas by which each photo's silhouette (first K) covers those of another
    (second); infinite by its own. far: (B, K, D) depths.
    """

    covered: Tensor
    far: Tensor


class Outlines:
    """Of N photos, in the orbit's unit; points: of each outline that are looked at."""

    def __init__(self, silhouettes: Sequence[Silhouette]):
        outline = torch.from_numpy(np.stack([one.outline for one in silhouettes])).float()
        self.rays = torch.cat([outline, torch.ones(*outline.shape[:2], 1)], dim=-1)
        field = torch.from_numpy(np.stack([one.field for one in silhouettes])).float()
        self.middle = torch.from_numpy(np.stack([one.field_middle for one in silhouettes])).float()
        self.reach = torch.tensor([one.field_reach for one in silhouettes]).float()
        cell = 2.0 * self.reach / (field.shape[-1] - 1)
        slopes = [one / cell[:, None, None] for one in torch.gradient(field, dim=(2, 1))]
        self.fields = torch.stack([field, *slopes], dim=1)

    def shortfall(self, cams: np.ndarray, photos: np.ndarray, points: int, depths: int) -> np.ndarray:
        """(B, K, M) sigmas by which the others' hull falls short of each photo's outline, at M points of it.

        cams: (B, K, 4, 4) of the photos (K,).
        """
        found = []
        for part in self._parts(cams, photos, points, depths):
            covered = self._seen(part, photos, points, depths).covered
            found.append((-covered.amin(1).amax(-1)).clamp_min(0.0))
        return torch.cat(found).numpy()

    def linearised(
        self, cams: np.ndarray, photos: np.ndarray, points: int, depths: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same as (B, K M), and (B, K M, 6 K) its derivatives by the cameras' twists."""
        found = [
            self._linearised(part, photos, points, depths)
            for part in self._parts(cams, photos, points, depths)
        ]
        off, slope = (torch.cat(some).double().numpy() for some in zip(*found, strict=True))
        return off, slope

    def _parts(self, cams: np.ndarray, photos: np.ndarray, points: int, depths: int) -> list[Tensor]:
        size = max(1, int(BATCH / (len(photos) ** 2 * points * depths)))
        return list(torch.from_numpy(cams).float().split(size))

    def _chosen(self, photos: np.ndarray, points: int) -> Tensor:
        return self.rays[torch.from_numpy(photos)][:, :: max(1, self.rays.shape[1] // points)]

    def _seen(self, cams: Tensor, photos: np.ndarray, points: int, depths: int) -> Rays:
        rays, rotation, shift = self._chosen(photos, points), cams[..., :3, :3], cams[..., :3, 3]
        ways = torch.matmul(rays, rotation)
        centres = -torch.matmul(shift[:, :, None], rotation)[:, :, 0]
        far = shift[:, :, 2, None] + torch.linspace(-REACH, REACH, depths)
        covered = torch.full((len(cams), len(photos), *ways.shape[1:3], depths), torch.inf)
        for number, photo in enumerate(photos):
            turn = rotation[:, number, None].transpose(-1, -2)
            along, start = (
                torch.matmul(ways, turn),
                torch.matmul(centres, turn[:, 0]) + shift[:, number, None],
            )
            seen = along[:, :, :, None] * far[:, :, None, :, None] + start[:, :, None, None]
            covered[:, number] = self._field(int(photo), seen, 1)[0].reshape(covered[:, number].shape)
            covered[:, number, number] = torch.inf
        return Rays(covered, far)

    def _field(self, photo: int, seen: Tensor, channels: int) -> Tensor:
        """(C, places) the distance field, and its slopes, where points (..., 3) are seen."""
        place = seen[..., :2] / seen[..., 2:].clamp_min(1e-3)
        place = (place - self.middle[photo]) / self.reach[photo]
        field = self.fields[photo, None, :channels]
        return grid_sample(field, place.reshape(1, 1, -1, 2), padding_mode="border", align_corners=True)[
            0, :, 0
        ]

    def _linearised(
        self, cams: Tensor, photos: np.ndarray, points: int, depths: int
    ) -> tuple[Tensor, Tensor]:
        """At the best place of a ray two silhouettes hold each other the balance: one would cover more
        farther away, the other nearer. The shortfall changes as both do, the more by each the steeper the
        other.
        """
        found = self._seen(cams, photos, points, depths)
        least, views = found.covered.min(1)
        short, place = least.max(-1)
        first = views.gather(-1, place[..., None])[..., 0]
        far = found.far[:, :, None].expand(-1, -1, place.shape[-1], -1).gather(-1, place[..., None])[..., 0]
        rays = self._chosen(photos, points)
        here = rays * far[..., None]
        rise, rows = self._slopes(cams, photos, here, first)
        beyond = (place + rise.sign().long()).clamp(0, depths - 1)
        second = views.gather(-1, beyond[..., None])[..., 0]
        fall, others = self._slopes(cams, photos, here, second)
        balanced = (second != first) & (rise * fall < 0)
        share = torch.where(balanced, fall.abs() / (rise.abs() + fall.abs()).clamp_min(1e-9), 1.0)[
            ..., None, None
        ]
        slope = -(share * rows + (1.0 - share) * others) * (short < 0)[..., None, None]
        size = (len(cams), short.shape[1] * short.shape[2])
        return (-short).clamp_min(0.0).reshape(size), slope.reshape(*size, -1)

    def _slopes(self, cams: Tensor, photos: np.ndarray, here: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        """(B, K, M) how the covering by a silhouette changes with depth, of points (B, K, M, 3) in their own
        cameras and the view (B, K, M) that covers them, and (B, K, M, K, 6) how it does by the cameras'
        twists.
        """
        batch, count = torch.arange(len(cams))[:, None, None], here.shape[1]
        own = torch.arange(count)[None, :, None]
        rotation, shift = cams[..., :3, :3], cams[..., :3, 3]
        view_from_own = torch.matmul(rotation[batch, view], rotation[:, :, None].transpose(-1, -2))
        arm = here - shift[:, :, None]
        seen = torch.matmul(view_from_own, arm[..., None])[..., 0] + shift[batch, view]
        slopes = torch.zeros(*view.shape, 2)
        for number, photo in enumerate(photos):
            mine = view == number
            slopes[mine] = self._field(int(photo), seen[mine], 3)[1:].T
        depth = seen[..., 2:].clamp_min(1e-3)
        by_place = (
            torch.cat([slopes, -(slopes * seen[..., :2]).sum(-1, keepdim=True) / depth], dim=-1) / depth
        )
        by_own = torch.matmul(by_place[..., None, :], view_from_own)[..., 0, :]
        rows = torch.zeros(*view.shape, count, 6)
        points = torch.arange(here.shape[2])[None, None]
        rows[batch, own, points, own] = -torch.cat([by_own, torch.linalg.cross(here, by_own)], dim=-1)
        rows[batch, own, points, view] += torch.cat([by_place, torch.linalg.cross(seen, by_place)], dim=-1)
        return (by_own * here / here[..., 2:]).sum(-1), rows
