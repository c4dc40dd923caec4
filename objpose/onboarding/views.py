"""Onboarding without a mesh: posed pictures of an object become splats, a mesh, and an ObjectModel."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from objpose.crops import Crop, crop_frame, main_part
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3, Mesh, Symmetry
from objpose.given import PictureOrFile, Poses, as_list, as_mask, as_name, as_options, as_poses
from objpose.objects import ObjectModel
from objpose.objects.digest import digest
from objpose.objects.names import TEMPLATES, free_place
from objpose.onboarding import OnboardOptions, onboard
from objpose.onboarding.mesh import kept_at
from objpose.onboarding.photo_advice import widest_gap
from objpose.raster import Splats
from objpose.splatting.fit import FitOptions, fit_splats
from objpose.splatting.view_mesh import view_mesh
from objpose.work import within

FIT_CROP = 160  # pixels of a view's side, for the splats
MESH_CROP = 320  # for outline and texture of the mesh


@within()
def onboard_views(
    frames: Sequence[Frame],
    masks: Sequence[PictureOrFile],
    cam_from_obj: Poses,
    name: str = "object",
    out: str | Path | None = TEMPLATES,
    symmetry: Symmetry | None = None,
    fit: FitOptions = FitOptions(),  # noqa: B008 - frozen
    options: OnboardOptions = OnboardOptions(),  # noqa: B008 - frozen
    progress: bool = True,
    replace: bool = False,
) -> ObjectModel:
    """Prepare an object that no mesh is known of, from N posed RGB or RGB-D views with masks.

    Twenty views from all around are plenty; what none of them sees is closed off as if it were solid. Splats
    are fitted to the views (`fit_splats`: on the measured surface where every view has depth, else from the
    visual hull), a mesh is taken from the splats (`view_mesh`) and onboarded like any other; the splats stay
    with it. Its frame and its scale are those of the poses: only metres give poses in metres.

    Args:
        masks: N of (H, W), the whole object: a view in which something hides part of it harms.
        cam_from_obj: (N,) metres.
        out: the folder under which `name` is written, or None to write nothing.
        symmetry, options, replace: as for `onboard`.

    Raises:
        InputError: views that do not fit together or show no object, and, before the long work, a place
            that is taken or cannot be written to.
    """
    frames = as_list(frames, "frames", Frame, "Frames", "give an objpose.Frame for each view")
    shown = [as_mask(mask, f"mask {i}") for i, mask in enumerate(masks)]
    motions = as_poses(cam_from_obj, "cam_from_obj", len(frames))
    fit, options = as_options(fit, FitOptions, "fit"), as_options(options, OnboardOptions)
    given = _digest(frames, shown, motions)
    place = free_place(as_name(name), out, given, replace)
    found = fit_object(frames, shown, motions, fit, name, progress)
    model = found.onboard(name, symmetry, options, given, progress)
    return model if place is None else kept_at(model, place, replace)


def _digest(frames: list[Frame], masks: list[np.ndarray | Tensor], cam_from_obj: SE3) -> str:
    """Of posed views: the same ones may be onboarded again under their name."""
    arrays: dict[str, np.ndarray | Tensor | None] = {"poses": cam_from_obj.wxyz_xyz}
    for i, frame in enumerate(frames):
        seen = {"rgb": frame.rgb, "depth": frame.depth, "K": frame.camera.K}
        arrays |= {f"{i} {name}": values for name, values in seen.items()}
    return digest(arrays | {f"{i} mask": mask for i, mask in enumerate(masks)})


@dataclass(frozen=True, eq=False)
class FittedObject:
    """An object as posed views show it, in the frame and the unit of their poses."""

    splats: Splats
    mesh: Mesh
    views: int  # how many
    unseen_deg: float  # around it, that no view lies in
    fit: FitOptions

    def scaled(self, scale: float) -> FittedObject:
        """With lengths multiplied by `scale`, for a change of unit."""
        means, scales = self.splats.means * scale, self.splats.scales * scale
        splats = dataclasses.replace(self.splats, means=means, scales=scales)
        return dataclasses.replace(self, splats=splats, mesh=self.mesh.scaled(scale))

    def onboard(
        self, name: str, symmetry: Symmetry | None, options: OnboardOptions, given: str, progress: bool
    ) -> ObjectModel:
        """As `objpose.onboard` does with the mesh (metres), in memory; the splats become part of the object.

        given: digest of what the object was made from.
        """
        model = onboard(self.mesh, name, "m", None, symmetry, options, progress)
        source = {
            "views": self.views,
            "unseen_deg": self.unseen_deg,
            "fit": asdict(self.fit),
            "options": model.source["options"],
        }
        in_mesh = dataclasses.replace(self.splats, means=self.splats.means - torch.tensor(model.origin))
        return dataclasses.replace(model, fitted=in_mesh, source=source | {"digest": given})


@within()
def fit_object(
    frames: Sequence[Frame],
    masks: Sequence[np.ndarray | Tensor],
    cam_from_obj: SE3,
    fit: FitOptions,
    name: str,
    progress: bool,
) -> FittedObject:
    """Splats and mesh of N posed views, in any unit; see `onboard_views`."""
    views = _checked_views(frames, masks, cam_from_obj)
    cam_from_obj = SE3(cam_from_obj.wxyz_xyz.float())
    small = [view.smaller(FIT_CROP) for view in views]
    with tqdm(total=fit.steps, desc=f"fitting {name}", disable=not progress or None, leave=False) as bar:
        splats = fit_splats(small, cam_from_obj, fit, progress=lambda *_: bar.update())
    mesh = view_mesh(splats, views, cam_from_obj)
    unseen_deg = widest_gap(cam_from_obj, mesh.bounds().mean(0))
    return FittedObject(splats, mesh, len(views), unseen_deg, fit)


def _checked_views(
    frames: Sequence[Frame], masks: Sequence[np.ndarray | Tensor], cam_from_obj: SE3
) -> list[Crop]:
    """Crops around the masks; raises InputError for other numbers of frames, masks and poses."""
    if not len(frames) == len(masks) == len(cam_from_obj):
        found = f"{len(frames)} frames, {len(masks)} masks, {len(cam_from_obj)} poses"
        raise InputError("views", found, "as many of each", "give every frame its mask and pose")
    checked = [
        frame.checked_mask(mask, f"mask {i}")
        for i, (frame, mask) in enumerate(zip(frames, masks, strict=True))
    ]
    return [
        crop_frame(frame, main_part(mask), MESH_CROP) for frame, mask in zip(frames, checked, strict=True)
    ]
