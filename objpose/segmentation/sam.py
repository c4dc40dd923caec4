"""Masks by Segment Anything, when its weights are there: everything in a picture, or what a prompt means.

Kirillov et al.: Segment Anything, ICCV 2023; Zhang et al.: Faster Segment Anything (MobileSAM), 2023. The
networks are kornia's; code and published weights are under Apache-2.0.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import resized_pixels
from objpose.segmentation.prompt_checks import Pixels, checked_box, checked_points
from objpose.segmentation.proposals import Proposal

PUBLISHED = {  # the files as their authors name them
    "mobile_sam": "mobile_sam.pt",
    "vit_b": "sam_vit_b_01ec64.pth",
    "vit_l": "sam_vit_l_0b3195.pth",
    "vit_h": "sam_vit_h_4b8939.pth",
}
SIDE = 1024  # pixels of the square that the networks see
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of 8-bit RGB, in training
STABILITY_OFFSET = 1.0  # of the logits, up and down: stable masks hardly change
FOREGROUND = 1.0  # label of a point that lies on the object


@dataclass(frozen=True)
class SamOptions:
    points_per_side: int = 16  # of the grid of prompts that asks for everything
    batch: int = 64  # prompts decoded at once
    least_quality: float = 0.8  # overlap with the truth, as the network estimates it
    least_stability: float = 0.9  # overlap of the mask drawn generously and sparingly
    overlap: float = 0.8  # intersection over union from which the lesser of two masks is dropped


class Sam:
    """Segment Anything with weights from a local file, on the CPU."""

    def __init__(
        self, weights: str | Path, variant: str = "mobile_sam", options: SamOptions = SamOptions()
    ) -> None:
        """variant: "mobile_sam", "vit_b", "vit_l" or "vit_h"; weights: its file, as published.

        Raises:
            InputError: an unknown variant, and a file that is missing, unreadable or another variant's.
        """
        self.network, self.options = _network(variant, Path(weights)), options
        self._embeddings: WeakKeyDictionary[Frame, Tensor] = WeakKeyDictionary()

    def propose(self, frame: Frame) -> list[Proposal]:
        """Masks of everything, best first, by a grid of points; the score is the network's own."""
        embedding, scale = self._embedding(frame)
        count = self.options.points_per_side
        rows, columns = (resized_pixels(np.arange(count), side / count) for side in frame.size)
        points = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 1, 2)
        found = []
        for batch in torch.from_numpy(points).float().split(self.options.batch):
            logits, quality = self._decoded(embedding, scale, points=batch)
            found.extend(self._kept(logits.flatten(0, 1), quality.flatten(), frame.size, scale))
        found.sort(key=lambda proposal: -proposal.score)
        return _distinct(found, self.options.overlap)

    def mask_from_box(self, frame: Frame, box: Sequence[float]) -> Tensor:
        """(H, W) bool: the object in a box (x, y, width, height) in pixels; InputError as in prompts."""
        left, top, right, bottom = checked_box(box, frame.size)
        corners = torch.tensor([[[left, top], [right - 1.0, bottom - 1.0]]])
        return self._prompted(frame, corners=corners)

    def mask_from_points(self, frame: Frame, points: Pixels) -> Tensor:
        """(H, W) bool: the object under points (N, 2) in pixels; InputError as in prompts."""
        pixels = torch.from_numpy(checked_points(points, frame.size)).float()
        return self._prompted(frame, points=pixels[None])

    def _prompted(self, frame: Frame, **prompt: Tensor) -> Tensor:
        embedding, scale = self._embedding(frame)
        logits, quality = self._decoded(embedding, scale, **prompt)
        return _in_frame(logits[0, quality[0].argmax()][None], frame.size, scale)[0] > 0

    @torch.no_grad()
    def _embedding(self, frame: Frame) -> tuple[Tensor, float]:
        """The picture as the network sees it, kept while the frame is, and network pixels per frame pixel."""
        scale = SIDE / max(frame.size)
        if frame not in self._embeddings:
            self._embeddings[frame] = self.network.image_encoder(_square(frame, scale))
        return self._embeddings[frame], scale

    @torch.no_grad()
    def _decoded(
        self, embedding: Tensor, scale: float, points: Tensor | None = None, corners: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, 3, 256, 256) and qualities (B, 3) of prompts: points (B, N, 2) or corners (B, 2, 2)."""
        labelled = None
        if points is not None:
            labelled = (resized_pixels(points, scale), torch.full(points.shape[:2], FOREGROUND))
        if corners is not None:
            corners = resized_pixels(corners, scale).flatten(1)
        sparse, dense = self.network.prompt_encoder(points=labelled, boxes=corners, masks=None)
        return self.network.mask_decoder(
            image_embeddings=embedding,
            image_pe=self.network.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
        )

    def _kept(self, logits: Tensor, quality: Tensor, size: tuple[int, int], scale: float) -> list[Proposal]:
        """The good ones of masks given as logits (N, 256, 256), in the size of the frame."""
        inner = (logits > STABILITY_OFFSET).sum((1, 2))
        stability = inner / (logits > -STABILITY_OFFSET).sum((1, 2)).clamp_min(1)
        good = (quality >= self.options.least_quality) & (stability >= self.options.least_stability)
        if not good.any():
            return []
        masks = _in_frame(logits[good], size, scale) > 0
        scores = quality[good].clamp(0, 1).tolist()
        return [Proposal(mask, score) for mask, score in zip(masks, scores, strict=True) if mask.any()]


def _network(variant: str, weights: Path) -> Any:
    from kornia.models.sam.model import Sam as KorniaSam

    if variant not in PUBLISHED:
        raise InputError("SAM variant", repr(variant), f"one of {', '.join(PUBLISHED)}", "choose one of them")
    cure = f"fetch {PUBLISHED[variant]} from its authors and give its path"
    if not weights.is_file():
        raise InputError(f"SAM weights {weights}", "no such file", f"the weights of {variant}", cure)
    network = KorniaSam.from_name(variant)
    try:
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except (RuntimeError, TypeError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        found = f"something else ({str(error)[:120]})"
        raise InputError(f"SAM weights {weights}", found, f"the weights of {variant}", cure) from error
    return network.eval().requires_grad_(False)


def _square(frame: Frame, scale: float) -> Tensor:
    """(1, 3, SIDE, SIDE): the picture normalised, resized by `scale` and padded at the right and below."""
    height, width = (max(1, round(side * scale)) for side in frame.size)
    planes = ((frame.rgb.float() - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)[None]
    planes = functional.interpolate(planes, size=(height, width), mode="bilinear", antialias=True)
    return functional.pad(planes, (0, SIDE - width, 0, SIDE - height))


def _in_frame(logits: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """(N, H, W) logits in the size of the frame of (N, 256, 256) ones over the network's whole square."""
    height, width = (max(1, round(side * scale)) for side in size)
    square = functional.interpolate(logits[None], size=(SIDE, SIDE), mode="bilinear")
    return functional.interpolate(square[..., :height, :width], size=size, mode="bilinear")[0]


def _distinct(proposals: list[Proposal], overlap: float) -> list[Proposal]:
    """The proposals, best first, without those much like an earlier one."""
    kept: list[Proposal] = []
    for proposal in proposals:
        shared = ((proposal.mask & other.mask).sum() / (proposal.mask | other.mask).sum() for other in kept)
        if all(share <= overlap for share in shared):
            kept.append(proposal)
    return kept
