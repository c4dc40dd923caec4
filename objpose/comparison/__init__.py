"""A rendered object against a picture of it: the crop, colours up to the light, and how a pose moves them."""

from objpose.comparison.appearance import (
    appearance_channels,
    color_agreement,
    fit_light,
    structure_agreement,
)
from objpose.comparison.clusters import distinct
from objpose.comparison.confidence import RGB, RGBD, Calibration
from objpose.comparison.crop import NEAR, Crop, crop_frame, main_part, pinhole_box
from objpose.comparison.mask_border import snapped_mask
from objpose.comparison.normal_equations import System
from objpose.comparison.photometric import Photometric
from objpose.comparison.tangent import moved_about, pixel_rows, twist_row
from objpose.comparison.verdict import Verdict

__all__ = [
    "NEAR",
    "RGB",
    "RGBD",
    "Calibration",
    "Crop",
    "Photometric",
    "System",
    "Verdict",
    "appearance_channels",
    "color_agreement",
    "crop_frame",
    "distinct",
    "fit_light",
    "main_part",
    "moved_about",
    "pinhole_box",
    "pixel_rows",
    "snapped_mask",
    "structure_agreement",
    "twist_row",
]
