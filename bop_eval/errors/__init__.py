"""BOP's pose errors, each usable alone on arrays; batched over estimates and over symmetries.

Transforms are `cam_from_obj`, (*, 3, 4) or (*, 4, 4), and batches of estimates and truths broadcast, so that
`mssd(estimates[:, None], truths[None], ...)` gives every pair. Lengths are in one unit throughout, whichever
it is; the rest of this package uses metres. Hodan et al., "BOP: Benchmark for 6D Object Pose Estimation",
ECCV 2018, and "BOP Challenge 2020 on 6D Object Localization", ECCVW 2020.
"""

from bop_eval.errors.fisheye import fisheye624
from bop_eval.errors.projection import mspd, proj
from bop_eval.errors.rigid import re, te
from bop_eval.errors.surface import ad, add, adi, mssd
from bop_eval.errors.visible import cus, spheres_meet_in_image, visible_mask, vsd

__all__ = [
    "ad",
    "add",
    "adi",
    "cus",
    "fisheye624",
    "mspd",
    "mssd",
    "proj",
    "re",
    "spheres_meet_in_image",
    "te",
    "visible_mask",
    "vsd",
]
