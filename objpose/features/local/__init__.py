"""Keypoints with descriptors, and their matches between photos."""

from objpose.features.local.cache import FeatureCache
from objpose.features.local.choice import local_extractor
from objpose.features.local.features import LocalExtractor, LocalFeatures
from objpose.features.local.learned import LearnedExtractor
from objpose.features.local.matches import Matches, match_features
from objpose.features.local.sift import SiftExtractor

__all__ = [
    "FeatureCache",
    "LearnedExtractor",
    "LocalExtractor",
    "LocalFeatures",
    "Matches",
    "SiftExtractor",
    "local_extractor",
    "match_features",
]
