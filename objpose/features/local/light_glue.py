"""LightGlue: matches that the features of both photos agree on by attention.

Lindenberger, Sarlin, Pollefeys: LightGlue: Local Feature Matching at Light Speed, ICCV 2023. The network is
kornia's; its weights belong to one kind of features each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.features.backbone import fingerprint
from objpose.features.local.features import LocalFeatures
from objpose.features.local.matches import Matches, best_turn, one_per_place
from objpose.features.local.quarter_turns import turn_back
from objpose.features.networks import load_network
from objpose.features.published_weights import find_weights

TRAINED_SIZE_PX = 1024  # longer side of the photos that the scales of SIFT were learned on


class LightGlueMatcher:
    """LightGlue for the features of one extractor.

    features: `sift`, `aliked`, `disk` or `xfeat`; weights: a local file of LightGlue's weights for them, None
    takes the published ones. ratios of the matches are one less LightGlue's score, so at most 0.9.

    Raises:
        InputError: as load_network does.
    """

    def __init__(self, features: str, weights: str | Path | None = None):
        network = f"lightglue-{features}"
        self.network = load_network(network, weights)
        self.weights = (find_weights(network, weights).source,)
        pace = self.network.conf.depth_confidence, self.network.conf.width_confidence
        self.name = f"{network}-{pace[0]}-{pace[1]}-{fingerprint(self.network)}"

    @torch.inference_mode()
    def __call__(self, first: LocalFeatures, second: LocalFeatures) -> Matches:
        """Where descriptors depend on the turn of the photo, the second one is turned as its nearest
        neighbours say.

        Raises:
            InputError: features of another kind.
        """
        turn, _ = best_turn(first, second)
        described = np.flatnonzero(second.descriptors[turn].any(axis=1))
        found = self.network(
            {
                "image0": self._input(first, 0, np.arange(len(first))),
                "image1": self._input(second, turn, described),
            }
        )
        indices, scores = found["matches"][0].numpy(), found["scores"][0].numpy()
        indices = np.stack([indices[:, 0], described[indices[:, 1]]], axis=1)
        order = np.argsort(-scores, kind="stable")
        matches = Matches(indices[order], (1.0 - scores[order]).astype(np.float32))
        return one_per_place(matches, first, second)

    def _input(self, features: LocalFeatures, turn: int, index: np.ndarray) -> dict[str, Tensor]:
        self._check(features)
        assert features.size is not None
        width, height = features.size
        turned = (height, width) if turn % 2 else (width, height)
        keypoints = turn_back(features.keypoints[index], -turn % 4, turned)
        parts = {
            "keypoints": keypoints.clip(0, turned),
            "descriptors": features.descriptors[turn][index],
            "image_size": np.array(turned),
        }
        if self.network.conf.add_scale_ori:
            assert features.shapes is not None
            parts["scales"] = features.shapes[index, 0] * (TRAINED_SIZE_PX / max(turned))
            parts["oris"] = features.shapes[index, 1]
        return {
            name: torch.from_numpy(np.ascontiguousarray(part))[None].float() for name, part in parts.items()
        }

    def _check(self, features: LocalFeatures) -> None:
        expected = self.network.conf.input_dim
        found = features.descriptors.shape[2]
        cure = f"match them with the weights for their own kind, not by {self.name}"
        if found != expected:
            raise InputError("features", f"{found} numbers a descriptor", expected, cure)
        if features.size is None or (self.network.conf.add_scale_ori and features.shapes is None):
            raise InputError("features", "none of the photo's size and their scales", "both", cure)
