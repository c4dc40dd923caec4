"""Faults of cameras and of masks: exposure, balance, blur, noise, JPEG; borders that wander, spills."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from objpose.geometry import constant
from training.drawn.draws import log_uniform, normal, uniform
from training.mini.clutter import Scene
from training.mini.lamps import noise_field

TAPS = 13, 21  # of the blur of a picture, and of a mask
COMPRESSED = 0.5  # of the pictures
# Of JPEG's own example tables (ITU T.81, annex K), the sum of the two frequencies sets the step here.
LUMA_STEP, CHROMA_STEP = (10.0, 7.0), (17.0, 14.0)  # at the lowest, and what each frequency adds, in 8 bits
TO_LUMA_CHROMA = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))
FROM_LUMA_CHROMA = ((1.0, 0.0, 1.402), (1.0, -0.344, -0.714), (1.0, 1.772, 0.0))
SPILLS, BITES = 0.3, 0.25  # of the masks


def developed(light: Tensor, generator: Generator) -> Tensor:
    """(B, 3, S, S) in [0, 1] what a camera makes of light: exposure, tone, saturation, blur, noise, JPEG."""
    count, size = len(light), light.shape[-1]
    one = (count, 1, 1, 1)
    balance = 0.35 * normal(one, generator) + 0.12 * normal((count, 3, 1, 1), generator)
    tone, veil = (0.25 * normal(one, generator)).exp(), uniform(-0.15, 0.15, one, generator).clamp_min(0)
    seen = ((1 - veil) * light * balance.exp() + veil).clamp_min(1e-4) ** tone
    grey = seen.mean(1, keepdim=True)
    seen = grey + uniform(0.5, 1.4, one, generator) * (seen - grey)
    sigma = log_uniform(0.35, 1.6, (count, 1), generator) * uniform(0.7, 1.3, (count, 2), generator)
    seen = blurred(seen, sigma, TAPS[0])
    strength = log_uniform(0.002, 0.03, (count, 1, 1, 1), generator)
    noise = strength * (2 * seen.clamp(0.1, 1)).sqrt() * normal((count, 3, size, size), generator)
    picture = (seen + noise).clamp(0, 1)
    is_compressed = uniform(0, 1, (count, 1, 1, 1), generator) < COMPRESSED
    return torch.where(is_compressed, _recompressed(picture, generator), picture)


def blurred(images: Tensor, sigma: Tensor, taps: int) -> Tensor:
    """Images (B, C, S, S) blurred by Gaussians of sigma (B, 2) pixels along columns and rows."""
    count, channels = images.shape[:2]
    offset = torch.arange(taps, device=images.device) - taps // 2
    weight = (-0.5 * (offset / sigma[..., None]).square()).exp()
    weight = (weight / weight.sum(-1, keepdim=True)).repeat_interleave(channels, 0)
    planes = functional.pad(images.flatten(0, 1)[None], [taps // 2] * 4, mode="reflect")
    planes = functional.conv2d(planes, weight[:, 0].view(-1, 1, 1, taps), groups=count * channels)
    planes = functional.conv2d(planes, weight[:, 1].view(-1, 1, taps, 1), groups=count * channels)
    return planes[0].unflatten(0, (count, channels))


def _recompressed(picture: Tensor, generator: Generator) -> Tensor:
    """Cosines of 8 x 8 blocks in round steps, coarser for colour: what JPEG loses."""
    count, size, device = len(picture), picture.shape[-1], picture.device
    luma_chroma = (constant(TO_LUMA_CHROMA, picture) @ picture.flatten(2)).unflatten(
        2, (size // 8, 8, size // 8, 8)
    )
    blocks = luma_chroma.transpose(3, 4).reshape(count, 3, -1, 64)
    cosines = _cosines(device)
    steps = uniform(0.1, 1.5, (count, 1, 1, 1), generator) * _steps(device)[:, None]
    kept = ((blocks @ cosines.mT / steps).round() * steps) @ cosines
    kept = kept.view(count, 3, size // 8, size // 8, 8, 8).transpose(3, 4).reshape(count, 3, -1)
    return (constant(FROM_LUMA_CHROMA, kept) @ kept).unflatten(2, (size, size)).clamp(0, 1)


def _steps(device: torch.device) -> Tensor:
    """(3, 64) of the cosines of luma and chroma."""
    order = torch.arange(8, device=device)
    order = (order[:, None] + order).flatten()
    return torch.stack([low + more * order for low, more in (LUMA_STEP, CHROMA_STEP, CHROMA_STEP)]) / 255


def _cosines(device: torch.device) -> Tensor:
    """(64, 64) orthonormal, pair of frequencies by pixel of a block."""
    order = torch.arange(8, device=device)
    table = ((order + 0.5) * order[:, None] * math.pi / 8).cos() / 2
    table = torch.where(order[:, None] == 0, 8**-0.5, table)
    return torch.kron(table, table)


def rough_masks(scene: Scene, generator: Generator) -> Tensor:
    """(B, S, S) bool, as a segmenter gives them: a wandering border, a spill on one side, a bite at times."""
    visible = scene.visible[:, None].float()
    count, size = len(visible), visible.shape[-1]
    width = visible.sum((2, 3)).sqrt()
    soft = blurred(visible, (0.02 * width + 0.5).expand(-1, 2), TAPS[1])
    noise = noise_field(count, 8, size, generator) + noise_field(count, 20, size, generator)
    wander = uniform(0, 0.25, (count, 1, 1, 1), generator) * noise + 0.12 * normal(
        (count, 1, 1, 1), generator
    )
    mask = soft + wander * ((soft > 0.02) & (soft < 0.98)) > 0.5
    reach = blurred(visible, (0.04 * width).clamp(0.5, 7).expand(-1, 2), TAPS[1])
    spills = uniform(0, 1, (count, 1, 1, 1), generator) < SPILLS
    near = reach > uniform(0.1, 0.5, (count, 1, 1, 1), generator)
    mask = mask | (spills & near & scene.neighbours[:, None] & (noise_field(count, 1, size, generator) > 0))
    return _bitten(mask, width, generator)[:, 0]


def _bitten(mask: Tensor, width: Tensor, generator: Generator) -> Tensor:
    """Without a disc about a pixel of theirs."""
    count, size = len(mask), mask.shape[-1]
    chosen = (uniform(0, 1, (count, size * size), generator) * mask.flatten(1)).argmax(1)
    axis = torch.arange(size, device=mask.device)
    down = (axis - chosen[:, None] // size)[:, None, :, None]
    right = (axis - chosen[:, None] % size)[:, None, None]
    radius = uniform(0.05, 0.2, (count, 1, 1, 1), generator) * width[..., None, None]
    bites = uniform(0, 1, (count, 1, 1, 1), generator) < BITES
    return mask & ~(bites & (down.square() + right.square() < radius.square()))
