"""Transforms, cameras, meshes, alignment, symmetry, and coverings of rotations.

`b_from_a` maps points of frame a to frame b; metres; OpenCV camera axes; wxyz quaternions; pixel centres at
integers.
"""

from objpose.geometry.alignment import kabsch
from objpose.geometry.averaging import average_rotations
from objpose.geometry.camera import Camera
from objpose.geometry.covariance import origin_and_turn_covariance
from objpose.geometry.descent import Descent
from objpose.geometry.devices import HOST, constant, download, on_device, upload
from objpose.geometry.grids import rotation_grid, view_directions, view_rotations
from objpose.geometry.looking import centred_K, looking_at, square_K, turn_onto
from objpose.geometry.mesh import Mesh, SurfaceSamples
from objpose.geometry.near_symmetry import detect_near_symmetry
from objpose.geometry.normal_equations import NormalEquations, solve_damped
from objpose.geometry.projection import depth_normals, depth_to_points
from objpose.geometry.resting import RestingSides, resting_sides
from objpose.geometry.sampling import bilinear, nearest_pixels, resized_pixels, unhidden
from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3
from objpose.geometry.symmetry import ContinuousSymmetry, Symmetry
from objpose.geometry.symmetry_detection import detect_symmetry
from objpose.geometry.tangent import moved_about, pixel_rows, products, twist_row

__all__ = [
    "HOST",
    "SE3",
    "SO3",
    "Camera",
    "ContinuousSymmetry",
    "Descent",
    "Mesh",
    "NormalEquations",
    "RestingSides",
    "SurfaceSamples",
    "Symmetry",
    "average_rotations",
    "bilinear",
    "centred_K",
    "depth_normals",
    "depth_to_points",
    "constant",
    "detect_near_symmetry",
    "detect_symmetry",
    "download",
    "kabsch",
    "looking_at",
    "moved_about",
    "nearest_pixels",
    "on_device",
    "origin_and_turn_covariance",
    "pixel_rows",
    "products",
    "resized_pixels",
    "resting_sides",
    "rotation_grid",
    "solve_damped",
    "square_K",
    "turn_onto",
    "twist_row",
    "unhidden",
    "upload",
    "view_directions",
    "view_rotations",
]
