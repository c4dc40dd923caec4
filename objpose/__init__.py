"""Where is this object, and where were these cameras? From RGB or RGB-D, on a CPU or a GPU.

The public names below, and the modules, are imported when first used, so that `import objpose` stays quick.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see: `_HOMES` once more, in their language
    from objpose.cameras import RecoveredScene as RecoveredScene
    from objpose.cameras import RecoverOptions as RecoverOptions
    from objpose.cameras import recover_cameras as recover_cameras
    from objpose.categories import CategoryEstimate as CategoryEstimate
    from objpose.categories import CategoryOptions as CategoryOptions
    from objpose.categories import estimate_category as estimate_category
    from objpose.checking import Finding as Finding
    from objpose.checking import check as check
    from objpose.errors import InputError as InputError
    from objpose.estimator import Alternative as Alternative
    from objpose.estimator import EstimatorOptions as EstimatorOptions
    from objpose.estimator import PoseEstimate as PoseEstimate
    from objpose.estimator import PoseEstimator as PoseEstimator
    from objpose.estimator import Target as Target
    from objpose.frame import Frame as Frame
    from objpose.geometry import SE3 as SE3
    from objpose.geometry import SO3 as SO3
    from objpose.geometry import Camera as Camera
    from objpose.geometry import Mesh as Mesh
    from objpose.geometry import Symmetry as Symmetry
    from objpose.objects import ObjectModel as ObjectModel
    from objpose.onboarding import OnboardOptions as OnboardOptions
    from objpose.onboarding import load_object as load_object
    from objpose.onboarding import onboard as onboard
    from objpose.onboarding import onboard_views as onboard_views
    from objpose.onboarding.photos import onboard_photos as onboard_photos
    from objpose.overlay import draw_boxes as draw_boxes
    from objpose.overlay import draw_overlay as draw_overlay
    from objpose.poses import FreeTurn as FreeTurn
    from objpose.poses import refine_splats as refine_splats
    from objpose.reference import Reference as Reference
    from objpose.reference import ReferenceOptions as ReferenceOptions
    from objpose.reference import ReferencePose as ReferencePose
    from objpose.reference import onboard_reference as onboard_reference
    from objpose.splatting import load_splats as load_splats
    from objpose.splatting import object_splats as object_splats
    from objpose.splatting import polished_splats as polished_splats
    from objpose.splatting import save_splats as save_splats
    from objpose.tracking import Status as Status
    from objpose.tracking import Tracker as Tracker
    from objpose.tracking import TrackerOptions as TrackerOptions
    from objpose.tracking import TrackState as TrackState

_HOMES = {
    "objpose.errors": ("InputError",),
    "objpose.geometry": ("SE3", "SO3", "Camera", "Mesh", "Symmetry"),
    "objpose.frame": ("Frame",),
    "objpose.checking": ("Finding", "check"),
    "objpose.objects": ("ObjectModel",),
    "objpose.onboarding": ("OnboardOptions", "load_object", "onboard", "onboard_views"),
    "objpose.estimator": ("Alternative", "EstimatorOptions", "PoseEstimate", "PoseEstimator", "Target"),
    "objpose.tracking": ("Status", "TrackState", "Tracker", "TrackerOptions"),
    "objpose.overlay": ("draw_boxes", "draw_overlay"),
    "objpose.categories": ("CategoryEstimate", "CategoryOptions", "estimate_category"),
    "objpose.poses": ("FreeTurn", "refine_splats"),
    "objpose.reference": ("Reference", "ReferenceOptions", "ReferencePose", "onboard_reference"),
    "objpose.splatting": (
        "load_splats",
        "object_splats",
        "polished_splats",
        "save_splats",
    ),
    "objpose.onboarding.photos": ("onboard_photos",),
    "objpose.cameras": ("RecoverOptions", "RecoveredScene", "recover_cameras"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_ROOMS = {module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'objpose' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
