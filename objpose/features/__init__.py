"""Descriptors of points (FPFH, local colour, their fusion) and of images (dense maps, words, components)."""

from objpose.features.aliked import AlikedFeatures
from objpose.features.appearance import ColorDescriptor, log_chroma
from objpose.features.cache import MapCache
from objpose.features.dense import DenseFeatures, FeatureMap
from objpose.features.dino import DinoFeatures
from objpose.features.fusion import FusedDescriptor, PointDescriptor
from objpose.features.geometric import FPFHDescriptor
from objpose.features.mini import MiniDescriptor
from objpose.features.patches import PatchDescriptor
from objpose.features.pca import PrincipalComponents
from objpose.features.point_cloud import PointCloud, voxel_cloud
from objpose.features.words import VisualWords

__all__ = [
    "AlikedFeatures",
    "ColorDescriptor",
    "DenseFeatures",
    "DinoFeatures",
    "FPFHDescriptor",
    "FeatureMap",
    "FusedDescriptor",
    "MapCache",
    "MiniDescriptor",
    "PatchDescriptor",
    "PointCloud",
    "PointDescriptor",
    "PrincipalComponents",
    "VisualWords",
    "log_chroma",
    "voxel_cloud",
]
