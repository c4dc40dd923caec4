"""What the frame holds of one object: a crop, and the cloud of its masked depth."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part
from objpose.errors import InputError
from objpose.features import PointCloud, voxel_cloud
from objpose.frame import Frame
from objpose.objects import ObjectModel

LEAST_POINTS = 20  # a pose from fewer voxels is a guess
MOSTLY_MISSING = 0.5  # share of the mask with depth below which the caller is told
SHARPEST = 224  # pixels of the side of a crop in which prints are compared
LARGEST_SHRINK = 20  # times smaller than the diameter: less is a sliver, or a unit mistake
SIZE_MISMATCH = 2.5  # spread of the masked points in diameters beyond which units are suspected


@dataclass(frozen=True, eq=False)
class Observation:
    sharp: Crop  # at the frame's resolution, or at SHARPEST pixels a side
    crop: Crop  # the same, smaller: what poses are aligned in
    cloud: PointCloud  # camera frame, metres; one point a voxel, normals towards the camera
    warnings: tuple[str, ...]


def observe(frame: Frame, mask: Tensor, model: ObjectModel, crop_size: int, voxel: float) -> Observation:
    """Crop the frame to the mask and lift its depth to a cloud; `voxel` is a fraction of the diameter.

    Points far from the rest (background through a rough border) are dropped.

    Raises:
        InputError: too little depth is left to stand on.
    """
    # Each from the frame's own pixels: depth picked twice would be off by half a pixel.
    whole = crop_frame(frame, main_part(mask), 2 * max(frame.size))
    sharp, crop = whole.smaller(SHARPEST), whole.smaller(crop_size)
    warnings = []
    usable = crop.mask & (crop.depth > 0)
    share = float(usable.sum()) / max(int(crop.mask.sum()), 1)
    if share < MOSTLY_MISSING:
        warnings.append(f"only {share:.0%} of the mask of {model.name} has depth")
    points, colors = crop.points()[usable], crop.rgb[usable]
    cure = "check that the depth is registered to the image, or give a larger mask"
    if len(points):
        mismatch = _size_warning(points, model)
        warnings, cure = warnings + mismatch, "; ".join(mismatch) or cure
        near = (points - points.median(0).values).abs().amax(-1) < model.diameter
        points, colors = points[near], colors[near]
    cloud = voxel_cloud(points, voxel * model.diameter, None, colors) if len(points) else None
    if cloud is None or len(cloud) < LEAST_POINTS:
        found = f"{0 if cloud is None else len(cloud)} measured points"
        raise InputError(f"mask of {model.name}", found, f"at least {LEAST_POINTS}", cure)
    return Observation(sharp, crop, cloud, tuple(warnings))


def _size_warning(points: Tensor, model: ObjectModel) -> list[str]:
    """A unit mistake shows as a cloud many times larger than the object, or many times smaller."""
    spread = float((points - points.median(0).values).norm(dim=-1).quantile(0.8)) * 2
    size = f"{model.name} is {model.diameter:.3g} m across"
    if spread > SIZE_MISMATCH * model.diameter:
        found = f"the masked points spread over {spread:.3g} m, {size}"
        return [found + ": check the mesh's units, the depth scale, or the mask"]
    if spread * LARGEST_SHRINK < model.diameter:
        found = f"the masked points spread over only {spread:.3g} m, {size}"
        return [found + ": check the mesh's units and the depth scale"]
    return []
