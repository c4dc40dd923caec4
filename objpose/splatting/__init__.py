"""Objects and scenes as Gaussian splats: made of meshes, fitted to posed views, searched for viewpoints."""

from objpose.objects.splat_files import load_splats, save_splats
from objpose.splatting.fit import FitOptions, fit_splats
from objpose.splatting.novel import (
    DiffusionPrior,
    KnownViews,
    NovelView,
    NovelViewPrior,
    ScorePrior,
    SweptPrior,
)
from objpose.splatting.object_as_splats import object_splats
from objpose.splatting.polish import polished_splats
from objpose.splatting.scene_fit import SceneFitOptions, fit_scene
from objpose.splatting.scene_view import SceneView
from objpose.splatting.surfels import mesh_splats
from objpose.splatting.viewpoint_search import Viewpoint, ViewpointOptions, search_viewpoints

__all__ = [
    "DiffusionPrior",
    "FitOptions",
    "KnownViews",
    "NovelView",
    "NovelViewPrior",
    "SceneFitOptions",
    "SceneView",
    "ScorePrior",
    "SweptPrior",
    "Viewpoint",
    "ViewpointOptions",
    "fit_scene",
    "fit_splats",
    "load_splats",
    "mesh_splats",
    "object_splats",
    "polished_splats",
    "save_splats",
    "search_viewpoints",
]
