"""The recovered scene as its caller gets it: the answer, which can be drawn and searched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from objpose.cameras.answer.recovered import RecoveredCameras
from objpose.cameras.options import RecoverOptions
from objpose.cameras.splats.outliers import Correction, corrected
from objpose.cameras.splats.scene_splats import fit_photos, picture
from objpose.cameras.splats.search import SynthesisedPlace, search_again
from objpose.geometry import SE3, Camera
from objpose.raster import Splats
from objpose.splatting import NovelViewPrior, SceneFitOptions, ScorePrior


@dataclass(frozen=True, eq=False)
class RecoveredScene(RecoveredCameras):
    """options: by which it was recovered, and its splats are made and searched."""

    options: RecoverOptions = RecoverOptions()

    @staticmethod
    def of(cameras: RecoveredCameras, options: RecoverOptions) -> RecoveredScene:
        """The same answer, under the options that it was recovered by."""
        known = {one.name: getattr(cameras, one.name) for one in fields(cameras)}
        return RecoveredScene(**known, options=options)

    @cached_property
    def splats(self) -> Splats:
        """The trusted photos of island 0 as Gaussian splats, fitted at first use, in half a minute.

        Raises:
            InputError: fewer than two photos are trusted.
        """
        return self.fit_splats()

    def fit_splats(
        self,
        options: SceneFitOptions = SceneFitOptions(),  # noqa: B008 - frozen
        progress: Callable[[int, int], None] | None = None,
        prior: NovelViewPrior | ScorePrior | None = None,
    ) -> Splats:
        """The same under other options, every time anew; progress is called with (step, steps).

        prior: what says how the scene looks between the photos, e.g. objpose.splatting.SweptPrior().
        """
        return fit_photos(self, options, progress, self.options.splats, prior)

    def render(self, camera: Camera, cam_from_world: SE3) -> UInt8[np.ndarray, "H W 3"]:
        """What a camera () without lens distortion would see, by `splats`."""
        return picture(self, self.splats, camera, cam_from_world, self.options.splats)

    def corrected(
        self,
        fit: SceneFitOptions = SceneFitOptions(),  # noqa: B008 - frozen
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[RecoveredScene, tuple[Correction, ...]]:
        """The scene with wrongly placed photos moved, as far as others' splats show it; what was tried.

        progress is called with (photos tried, photos at most), each some minute; see
        objpose.cameras.splats.outliers.corrected.

        Raises:
            InputError: fewer than two photos are trusted.
        """
        options = self.options
        return corrected(self, fit, options.splats, options.pairs.evidence, options.keypoints, progress)

    def search(self, name: str) -> list[SynthesisedPlace]:
        """Places of a photo that was left out or doubted, searched again in `splats`; see search_again."""
        options = self.options
        return search_again(
            self, name, self.splats, options.splats, options.pairs.evidence, options.keypoints
        )
