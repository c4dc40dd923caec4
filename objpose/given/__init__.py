"""What callers hand over in place of what is asked for: understood where that is harmless, else refused.

The one place of it: each function takes an argument as given and returns it in the form that the package
works with, or raises InputError that names the argument and the cure.
"""

from objpose.given.kinds import as_folder, as_list, as_name, as_options, checked_kind, described
from objpose.given.pictures import (
    CameraOrFile,
    Picture,
    PictureOrFile,
    as_camera,
    as_image,
    as_mask,
    as_masks,
    as_numbers,
    as_rgb,
)
from objpose.given.shapes import Poses, as_mesh, as_pose, as_poses

__all__ = [
    "CameraOrFile",
    "Picture",
    "PictureOrFile",
    "Poses",
    "as_camera",
    "as_folder",
    "as_image",
    "as_list",
    "as_mask",
    "as_masks",
    "as_mesh",
    "as_name",
    "as_numbers",
    "as_options",
    "as_pose",
    "as_poses",
    "as_rgb",
    "checked_kind",
    "described",
]
