"""What can be tuned about splats of a recovered scene and the search of a photo in them."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.cameras.scene.options import TrialOptions
from objpose.splatting import ViewpointOptions


@dataclass(frozen=True)
class SplatOptions:
    """Whose photos take part, and how a photo is found among pictures of the splats."""

    trusted: float = 0.5  # confidence from which a photo takes part: more likely right than not
    near: float = 0.1  # of the cameras' median distance from the points: nothing nearer to a camera is drawn
    viewpoints: ViewpointOptions = ViewpointOptions()
    judged: int = 5  # viewpoints that are matched, the most alike first
    matched_size: int = 640  # pixels of the longer side of the pictures that are matched, at most
    judged_size: int = 160  # pixels of the longer side of the pictures that tell wrong photos
    gain_db: float = 1.0  # by so much a photo must be more like the splats elsewhere to be moved there
    solid: float = 0.5  # alpha from which a pixel of a rendering has depth
    leniency: float = 2.0  # tolerances that a match may be off: rendered surfaces are a little off themselves
    trials: TrialOptions = TrialOptions()
    least_points: int = 6  # twice the minimal sample of a resection
    stays_deg: float = 15.0  # a place that its own matches turn by more is not theirs
