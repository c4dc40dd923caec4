"""All that outlines say of placements of their photos: fitted, weighed, and told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.silhouettes.fitting import LOSS, Residuals, cost_of, fitted, normal_of
from objpose.cameras.silhouettes.options import OrbitOptions, OutlineOptions
from objpose.cameras.silhouettes.orbit import Matched, Orbit
from objpose.cameras.silhouettes.outlines import Outlines
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.cameras.silhouettes.stages import FINE, Sampling, Stage

FREEDOMS, GAUGE_FREEDOMS = 6, 7  # of a camera; of all together, which change nothing


class Coherence:
    """Of N photos. Placements are cams (B, K, 4, 4) of some photos (K,), about the object's middle."""

    def __init__(
        self,
        silhouettes: Sequence[Silhouette],
        matched: Matched,
        horizon: np.ndarray,
        orbit: OrbitOptions,
        outline: OutlineOptions,
    ):
        self.orbit = Orbit(silhouettes, matched, orbit, horizon)
        self.outlines, self.options = Outlines(silhouettes), outline

    def fitted(
        self,
        cams: np.ndarray,
        photos: np.ndarray,
        stages: Sequence[Stage],
        moving: Sequence[int] | None = None,
    ) -> np.ndarray:
        """The placements after every stage; moving: places in photos of those that may move, else all."""
        free = None
        if moving is not None:
            free = np.repeat(np.isin(np.arange(len(photos)), moving), 6)
        part = self.orbit.among(photos, moving)
        for stage in stages:

            def residuals(at: np.ndarray, stage: Stage = stage) -> Residuals:
                return self._residuals(part, at, photos, stage.blur, stage.sampling)

            cams = fitted(residuals, cams, stage.rounds, free)
        return cams

    def cost(self, cams: np.ndarray, photos: np.ndarray, blur: float, sampling: Sampling) -> np.ndarray:
        """(B,) nats against each placement, but for a constant, as the fit counts them."""
        found = self.orbit.among(photos).linearised(cams, blur)
        short = self.outlines.shortfall(cams, photos, *sampling) / blur
        of_outlines = 0.5 * self.options.independent * self._squared(short).mean(-1).sum(-1)
        return cost_of(found.off, found.counts, found.may_fail) + of_outlines

    def rms(self, cams: np.ndarray, photos: np.ndarray) -> np.ndarray:
        """(B,) sigmas that hulls fall short of outlines, the worst points counted as the loss has them."""
        return np.sqrt(self._squared(self.outlines.shortfall(cams, photos, *FINE)).mean((1, 2)))

    def told(self, cams: np.ndarray, photos: np.ndarray) -> np.ndarray:
        """(B,) nats against each placement where nobody knows how exact the outlines are: the likelihood of
        the sigma under which its shortfalls are likeliest.
        """
        rms = np.hypot(self.options.least_rms, self.rms(cams, photos))
        usual = self.orbit.among(photos).usual(cams)
        return self.options.independent * len(photos) * np.log(rms) + cost_of(
            usual.off, usual.counts, usual.may_fail
        )

    def _squared(self, short: np.ndarray) -> np.ndarray:
        return LOSS**2 * np.log1p((short / LOSS) ** 2)

    def _residuals(
        self, part: Orbit, cams: np.ndarray, photos: np.ndarray, blur: float, sampling: Sampling
    ) -> Residuals:
        of_orbit = part.linearised(cams, blur)
        short, slope = self.outlines.linearised(cams, photos, *sampling)
        counts = np.full(short.shape[1], self.options.independent * len(photos) / short.shape[1])
        return Residuals.joined([of_orbit, Residuals(short / blur, slope / blur, counts, counts > 0)])

    def off(self, cams: np.ndarray, photos: np.ndarray) -> float:
        """Sigmas that the outlines of one placement (K, 4, 4) are off, by hulls and by planes."""
        return max(float(self.rms(cams[None], photos)[0]), self._spread(self.orbit.among(photos), cams))

    def pair_degrees(self, cams: np.ndarray, photos: np.ndarray) -> np.ndarray:
        """(K, K) standard deviations of how photos of one placement (K, 4, 4) are turned to each other,
        degrees.
        """
        part = self.orbit.among(photos)
        blur = max(self.off(cams, photos), self.options.least_rms)
        normal = normal_of(self._residuals(part, cams[None], photos, blur, FINE))[0][0]
        covariance = np.linalg.inv(normal + 1e-6 * np.trace(normal) / len(normal) * np.eye(len(normal)))
        count = len(photos)
        blocks = covariance.reshape(count, 6, count, 6)[:, 3:, :, 3:].transpose(0, 2, 1, 3)
        # In the world's frame turns of two cameras are compared by their difference.
        world = np.einsum("aji,abjk,bkl->abil", cams[:, :3, :3], blocks, cams[:, :3, :3])
        own = np.einsum("aaii->a", world)
        between = own[:, None] + own[None] - 2.0 * np.einsum("abii->ab", world)
        return np.degrees(np.sqrt(np.maximum(between, 0.0)))

    def _spread(self, part: Orbit, cams: np.ndarray) -> float:
        """Sigmas that outlines are off by the planes that touch the object, which a fit to few photos hides
        in part.

        A hull falls short of outlines that are too wide, but never of those that are too narrow: planes see
        both.
        """
        off, size = part.planes(cams[None])
        told = int((size > 0).sum())
        left = max(told - (FREEDOMS * len(cams) - GAUGE_FREEDOMS), told / 4.0, 1.0)
        return float(np.sqrt(self._squared(off).sum() / left))
