"""The part of a frame that shows one object: crops, virtual views, and the mask that says where it is."""

from objpose.crops.crop import NEAR, Crop, crop_frame
from objpose.crops.hiding import covered_by
from objpose.crops.lens import pinhole_box
from objpose.crops.mask import main_part, mask_box, signed_distance
from objpose.crops.mask_border import snapped_mask
from objpose.crops.roughness import depth_roughness, depth_tolerance
from objpose.crops.virtual_view import virtual_view

__all__ = [
    "NEAR",
    "Crop",
    "covered_by",
    "crop_frame",
    "depth_roughness",
    "depth_tolerance",
    "main_part",
    "mask_box",
    "pinhole_box",
    "signed_distance",
    "snapped_mask",
    "virtual_view",
]
