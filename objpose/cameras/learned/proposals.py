"""Learned proposals: for every pair of photos a few distinct motions with weights, as edges of a graph."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize, pad

from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.learned.checkpoint import load_motion_network
from objpose.cameras.learned.network import MotionHypotheses, MotionNetwork
from objpose.geometry import SO3


@dataclass(frozen=True)
class LearnedProposalOptions:
    limit: int = 5  # hypotheses a pair
    apart_degrees: float = 15.0  # hypotheses nearer to a better one share its weight
    trust: float = 0.5  # chance that a pair holds a right hypothesis at all


class LearnedProposals:
    """A trained network as `recover_cameras` asks it for motions."""

    def __init__(self, network: MotionNetwork, options: LearnedProposalOptions = LearnedProposalOptions()):
        self.network, self.options = network, options

    @staticmethod
    def load(weights: str | os.PathLike) -> LearnedProposals:
        """From a checkpoint of objpose.cameras.learned.train.

        Raises:
            InputError: as load_motion_network.
        """
        return LearnedProposals(load_motion_network(weights))

    def __call__(self, photos: Sequence[np.ndarray]) -> list[Edge]:
        """Edges between all of the (H, W, 3) uint8 RGB photos."""
        images = [torch.from_numpy(photo).permute(2, 0, 1).float() / 255.0 for photo in photos]
        return propose_motions(self.network, images, self.options)


def propose_motions(
    network: MotionNetwork,
    images: Sequence[Tensor],
    options: LearnedProposalOptions = LearnedProposalOptions(),
) -> list[Edge]:
    """Edges (i, j), i < j, between all photos, with j_from_i rotations, directions and weights.

    images: (3, H, W) float32 in [0, 1], sizes may differ, the object near the middle and filling most of
    each, as in training. The discriminator's softmax over the hypotheses of a pair is summed over clusters of
    rotations; the best clusters keep the place of their best member.
    """
    squares = torch.stack([_squared(image, network.options.image_size) for image in images])
    edges = []
    for i in range(len(images) - 1):
        # Photo i is the reference of all that follow it.
        motions, scores = network(squares[i:][None].to(network.generator.queries))
        for place in range(len(images) - 1 - i):
            pair = MotionHypotheses(motions.rotations[0, place], motions.translations[0, place])
            edges.append(_edge(i, i + 1 + place, pair, scores[0, place], options))
    return edges


def _edge(i: int, j: int, pair: MotionHypotheses, scores: Tensor, options: LearnedProposalOptions) -> Edge:
    """The clusters of hypotheses (M,) with scores (M,)."""
    chances = torch.softmax(scores, dim=0)
    near = _near(pair.rotations, math.radians(options.apart_degrees))
    kept: list[int] = []
    weights, open_ = [], torch.ones_like(chances, dtype=torch.bool)
    while len(kept) < options.limit and bool(open_.any()):
        best = int(chances.masked_fill(~open_, -1.0).argmax())
        members = near[best] & open_
        kept.append(best)
        weights.append(options.trust * chances[members].sum())
        open_ &= ~members
    directions = normalize(pair.translations[kept], dim=-1)
    return Edge(i, j, SO3(pair.rotations.wxyz[kept].cpu()), torch.stack(weights).cpu(), directions.cpu())


def _near(rotations: SO3, angle: float) -> Tensor:
    """(M, M) bool: which rotations are within the angle, radians, of each other."""
    return (rotations.wxyz @ rotations.wxyz.mT).abs() > math.cos(0.5 * angle)


def _squared(image: Tensor, size: int) -> Tensor:
    """(3, size, size), the whole image, its shorter side filled up with the mean colour of the border."""
    height, width = image.shape[-2:]
    border = torch.cat([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], dim=-1).mean(-1)
    missing = (max(height, width) - width, max(height, width) - height)
    around = [missing[0] // 2, missing[0] - missing[0] // 2, missing[1] // 2, missing[1] - missing[1] // 2]
    square = pad(image - border[:, None, None], around) + border[:, None, None]
    return interpolate(square[None], (size, size), mode="bilinear", antialias=True, align_corners=False)[0]
