"""Descriptors of points: geometry (FPFH), appearance (local colour), and their fusion."""

from objpose.features.appearance import ColorDescriptor, log_chroma
from objpose.features.fusion import FusedDescriptor, PointDescriptor
from objpose.features.geometric import FPFHDescriptor
from objpose.features.point_cloud import PointCloud, voxel_cloud

__all__ = [
    "ColorDescriptor",
    "FPFHDescriptor",
    "FusedDescriptor",
    "PointCloud",
    "PointDescriptor",
    "log_chroma",
    "voxel_cloud",
]
