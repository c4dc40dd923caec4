"""Objects and scenes as Gaussian splats: from meshes, from posed views; poses refined on them."""

from objpose.onboarding.splat_files import load_splats, save_splats
from objpose.splatting.alignment import AlignmentOptions, SplatAlignment
from objpose.splatting.fit import FitOptions, fit_splats
from objpose.splatting.object_as_splats import object_splats
from objpose.splatting.onboard_views import onboard_views
from objpose.splatting.polish import polished_splats
from objpose.splatting.posed_folder import PosedViews, read_posed_views
from objpose.splatting.refine import FINISH, Refinement, SplatRefineOptions, refine_crop, refine_splats
from objpose.splatting.scene_fit import SceneFitOptions, fit_scene
from objpose.splatting.scene_view import SceneView
from objpose.splatting.surfels import mesh_splats
from objpose.splatting.viewpoint_search import Viewpoint, ViewpointOptions, search_viewpoints

__all__ = [
    "FINISH",
    "AlignmentOptions",
    "FitOptions",
    "PosedViews",
    "Refinement",
    "SceneFitOptions",
    "SceneView",
    "SplatAlignment",
    "SplatRefineOptions",
    "Viewpoint",
    "ViewpointOptions",
    "fit_scene",
    "fit_splats",
    "load_splats",
    "mesh_splats",
    "object_splats",
    "onboard_views",
    "polished_splats",
    "read_posed_views",
    "refine_crop",
    "refine_splats",
    "save_splats",
    "search_viewpoints",
]
