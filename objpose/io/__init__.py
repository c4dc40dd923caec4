"""Files in and out: images, meshes, cameras, BOP sets. Every parser of untrusted input lives here.

What is malformed raises `InputError` naming the file and the place in it. Nothing is ever half-written.
"""

from objpose.io.atomic import atomic_path
from objpose.io.bop_dataset import BopDataset, BopImage, Target
from objpose.io.bop_models import ModelInfo
from objpose.io.bop_result_table import BopResultTable, read_bop_table, write_bop_table
from objpose.io.bop_results import BopResult, read_bop_csv, write_bop_csv
from objpose.io.bop_scene import GroundTruth
from objpose.io.bop_symmetry import symmetry_from_bop, symmetry_to_bop
from objpose.io.camera import read_camera
from objpose.io.detections import Detection, read_detections
from objpose.io.images import read_depth, read_image, read_mask, write_image
from objpose.io.json_file import JsonValue, read_json, write_json
from objpose.io.meshes import read_mesh, write_mesh

__all__ = [
    "BopDataset",
    "BopImage",
    "BopResult",
    "BopResultTable",
    "Detection",
    "GroundTruth",
    "JsonValue",
    "ModelInfo",
    "Target",
    "atomic_path",
    "read_bop_csv",
    "read_bop_table",
    "read_camera",
    "read_depth",
    "read_detections",
    "read_image",
    "read_json",
    "read_mask",
    "read_mesh",
    "symmetry_from_bop",
    "symmetry_to_bop",
    "write_bop_csv",
    "write_bop_table",
    "write_image",
    "write_json",
    "write_mesh",
]
