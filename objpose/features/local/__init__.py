"""Keypoints with descriptors, and their matches between photos."""

from objpose.features.local.cache import FeatureCache, MatchCache, PlaceCache
from objpose.features.local.choice import MATCHERS, local_extractor, local_matcher
from objpose.features.local.features import LocalExtractor, LocalFeatures
from objpose.features.local.learned import LearnedExtractor
from objpose.features.local.light_glue import LightGlueMatcher
from objpose.features.local.loftr import LoftrMatcher
from objpose.features.local.matcher import (
    FeatureMatcher,
    LocalMatcher,
    MatchedPhotos,
    MatchingWork,
    PhotoMatcher,
    match_pairs,
)
from objpose.features.local.matches import Matches, MutualNearest, PairMatcher, match_features
from objpose.features.local.places import PlaceMatcher, PlaceMatches, share_keypoints
from objpose.features.local.sift import SiftExtractor

__all__ = [
    "MATCHERS",
    "FeatureCache",
    "FeatureMatcher",
    "LearnedExtractor",
    "LightGlueMatcher",
    "LocalExtractor",
    "LocalFeatures",
    "LocalMatcher",
    "LoftrMatcher",
    "MatchCache",
    "MatchedPhotos",
    "Matches",
    "MatchingWork",
    "MutualNearest",
    "PairMatcher",
    "PhotoMatcher",
    "PlaceCache",
    "PlaceMatcher",
    "PlaceMatches",
    "SiftExtractor",
    "local_extractor",
    "local_matcher",
    "match_features",
    "match_pairs",
    "share_keypoints",
]
