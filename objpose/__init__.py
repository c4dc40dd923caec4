"""Where is this object, and where were these cameras? From RGB or RGB-D, on a CPU or a GPU.

The public names below, and the modules, are imported when first used, so that `import objpose` stays quick.
"""

from __future__ import annotations

import importlib
import pkgutil

_HOMES = {
    "objpose.errors": ("InputError",),
    "objpose.geometry": ("SE3", "SO3", "Camera", "Mesh", "Symmetry"),
    "objpose.frame": ("Frame",),
    "objpose.checking": ("Finding", "check"),
    "objpose.objects": ("ObjectModel",),
    "objpose.onboarding": ("OnboardOptions", "load_object", "onboard", "onboard_views"),
    "objpose.estimator": ("EstimatorOptions", "PoseEstimate", "PoseEstimator", "Target"),
    "objpose.overlay": ("draw_overlay",),
    "objpose.poses": ("refine_splats",),
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
