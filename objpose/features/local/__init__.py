"""Keypoints with descriptors, and their matches between photos."""

from objpose.features.local.cache import FeatureCache, MatchCache, PlaceCache
from objpose.features.local.choice import MATCHERS, local_extractor, local_matcher
from objpose.features.local.dense_matching import DenseMatcher
from objpose.features.local.features import LocalExtractor, LocalFeatures
from objpose.features.local.joint import JointMatcher
from objpose.features.local.learned import LearnedExtractor
from objpose.features.local.light_glue import LightGlueMatcher
from objpose.features.local.loftr import LoftrMatcher
from objpose.features.local.matcher import (
    FeatureMatcher,
    LocalMatcher,
    MatchedPhotos,
    PhotoMatcher,
    match_pairs,
)
from objpose.features.local.matches import Matches, MutualNearest, PairMatcher, match_features
from objpose.features.local.nearest_apart import NearestApart
from objpose.features.local.places import PlaceMatcher, PlaceMatches, merge_keypoints, share_keypoints
from objpose.features.local.sift import SiftExtractor
from objpose.features.local.tilted_sift import TiltedSiftExtractor

__all__ = [
    "MATCHERS",
    "DenseMatcher",
    "FeatureCache",
    "FeatureMatcher",
    "JointMatcher",
    "LearnedExtractor",
    "LightGlueMatcher",
    "LocalExtractor",
    "LocalFeatures",
    "LocalMatcher",
    "LoftrMatcher",
    "MatchCache",
    "MatchedPhotos",
    "Matches",
    "MutualNearest",
    "NearestApart",
    "PairMatcher",
    "PhotoMatcher",
    "PlaceCache",
    "PlaceMatcher",
    "PlaceMatches",
    "SiftExtractor",
    "TiltedSiftExtractor",
    "local_extractor",
    "local_matcher",
    "match_features",
    "match_pairs",
    "merge_keypoints",
    "share_keypoints",
]
