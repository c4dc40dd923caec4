"""Files in and out: images, meshes, cameras, BOP, COLMAP. Every parser of untrusted input lives here.

What is malformed raises `InputError` naming the file and the place in it. Nothing is ever half-written.
"""

from objpose.io.atomic import atomic_path
from objpose.io.bop_dataset import BopDataset, BopImage, BopTarget
from objpose.io.bop_models import ModelInfo
from objpose.io.bop_result_table import BopResultTable, read_bop_table, write_bop_table
from objpose.io.bop_results import BopResult, read_bop_csv, write_bop_csv
from objpose.io.bop_scene import GroundTruth
from objpose.io.bop_symmetry import symmetry_from_bop
from objpose.io.camera import read_camera
from objpose.io.colmap import SparsePoints, read_colmap, write_colmap
from objpose.io.depth import read_depth
from objpose.io.detections import BopDetection, read_detections
from objpose.io.images import ViewImage, read_image, read_view_image, write_image
from objpose.io.json_file import JsonValue, read_json, write_json
from objpose.io.masks import as_mask, read_mask
from objpose.io.meshes import MeshFile, centred_mesh, read_mesh, read_mesh_file, write_mesh
from objpose.io.photo_cameras import PhotoCamera, read_photo_cameras, write_photo_cameras
from objpose.io.placed_cameras import read_placed_cameras
from objpose.io.transforms import read_transforms, write_transforms

__all__ = [
    "MeshFile",
    "BopDataset",
    "BopImage",
    "BopResult",
    "BopResultTable",
    "BopDetection",
    "GroundTruth",
    "JsonValue",
    "ModelInfo",
    "PhotoCamera",
    "SparsePoints",
    "BopTarget",
    "ViewImage",
    "as_mask",
    "atomic_path",
    "centred_mesh",
    "read_bop_csv",
    "read_bop_table",
    "read_camera",
    "read_colmap",
    "read_depth",
    "read_detections",
    "read_image",
    "read_json",
    "read_mask",
    "read_mesh",
    "read_mesh_file",
    "read_photo_cameras",
    "read_placed_cameras",
    "read_transforms",
    "read_view_image",
    "symmetry_from_bop",
    "write_bop_csv",
    "write_bop_table",
    "write_colmap",
    "write_image",
    "write_json",
    "write_mesh",
    "write_photo_cameras",
    "write_transforms",
]
