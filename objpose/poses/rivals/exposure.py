"""Drawn colours as a camera would have exposed them: light of one colour, a gain, white that runs over.

One gain serves for all that is drawn. Where one side lies in far more light than the rest, the photo has run
over there, and prints are as pale as they happen to be: `washed_out` lets drawings follow it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import upload

SATURATED = 0.97  # of the range: brighter values may have run over
LEAST_SHARE = 0.03  # of the pixels that must not be saturated, for a gain to be read from them
ENOUGH = 0.2  # share from which a channel's gain is as sure as any
AGREED = 0.05  # linear: spread of drawings beyond which a pixel's light cannot be told
LARGEST_CAST = 0.5  # log units by which the gain of a channel may differ from that of all
BLUR = (0.25, 0.5, 0.25)  # of lens and pixel, along columns and rows
AROUND = 7  # pixels of the window in which a photo has run over, or has not
GLARING = 0.25, 0.5  # shares of it that have run over: where prints begin to fade, and where any may be gone


def exposed(drawn: Tensor, seen: Tensor, weight: Tensor) -> Tensor:
    """(B, S, S, 3) drawn colours (B, S, S, 3), exposed as those seen (S, S, 3), all sRGB in [0, 1].

    One light shines on all drawings. Linear colours are blurred before they run over: thin letters on white
    are washed out first. weight: (B, S, S) of the pixels that may tell the light. Those seen are on the host.
    """
    drawn = _blurred(_linear(drawn))
    return _srgb((drawn * _gain(drawn, seen, weight)).clamp(0.0, 1.0))


def washed_out(drawn: Tensor, seen: Tensor, shown: Tensor) -> Tensor:
    """(B, S, S, 3) exposed colours (B, S, S, 3), where it glares as pale as those seen (S, S, 3).

    A print that is seen there has to be drawn; that one is drawn and not seen says nothing. shown: (S, S)
    bool, the pixels that show the object. Those seen and shown are on the host.
    """
    glare = _glare(seen, shown).flatten()
    where = glare.nonzero()[:, 0]
    if not len(where):
        return drawn
    parts = glare[where, None], seen.flatten(0, 1)[where], where
    glare, seen, place = (upload(part, drawn.device) for part in parts)
    exact = drawn.flatten(1, 2)[:, place]
    pale = exact.lerp(_faded(exact, seen), glare)
    return drawn.flatten(1, 2).index_copy(1, place, pale).view(drawn.shape)


def _faded(drawn: Tensor, seen: Tensor) -> Tensor:
    """(B, N, 3) colours (B, N, 3), mixed with white until they come nearest to those seen (N, 3)."""
    to_white = 1 - drawn
    share = ((seen - drawn) * to_white).sum(-1) / to_white.square().sum(-1).clamp_min(1e-3)
    return drawn + share.clamp(0.0, 1.0)[..., None] * to_white


def _glare(seen: Tensor, shown: Tensor) -> Tensor:
    """(S, S) in [0, 1], how much of what is shown about a pixel has run over in all channels."""
    both = torch.stack([shown & (seen >= SATURATED).all(-1), shown]).float()[None]
    over, whole = functional.avg_pool2d(both, AROUND, 1, AROUND // 2)[0]
    least, most = GLARING
    return ((over / whole.clamp_min(1e-6) - least) / (most - least)).clamp(0.0, 1.0)


def _gain(drawn: Tensor, seen: Tensor, weight: Tensor) -> Tensor:
    """(3,) of linear colours: ratios of sums, where drawings agree and the camera has not run over."""
    unspoilt, linear = (upload(image, drawn.device) for image in (seen < SATURATED, _linear(seen)))
    count = weight.sum(0)[..., None]
    total = count.clamp_min(1.0)
    mean = (weight[..., None] * drawn).sum(0) / total
    spread = (weight[..., None] * (drawn - mean).square()).sum(0) / total
    agreed = count / (1 + spread.sum(-1, keepdim=True) / AGREED**2)
    usable = agreed * unspoilt
    share = usable.sum((0, 1)) / agreed.sum().clamp_min(1.0)
    told = (share > LEAST_SHARE).any()
    # Brighter than that: by how much, nothing tells.
    usable, share = torch.where(told, usable, agreed), torch.where(told, share, 1.0)
    gain = ((usable * linear).sum((0, 1)) / (usable * mean).sum((0, 1)).clamp_min(1e-6)).clamp_min(1e-3).log()
    is_told = share > LEAST_SHARE
    sure = share.clamp(max=ENOUGH) * is_told
    common = (sure * gain).sum() / sure.sum()
    cast = (gain - common).clamp(-LARGEST_CAST, LARGEST_CAST) * is_told
    return (common + cast).exp()


def _blurred(images: Tensor) -> Tensor:
    """(B, S, S, C) less sharp, as a camera sees; borders repeated."""
    for axis in (1, 2):
        last = images.shape[axis] - 1
        blurred = BLUR[1] * images
        blurred.narrow(axis, 1, last).add_(images.narrow(axis, 0, last), alpha=BLUR[0])
        blurred.narrow(axis, 0, last).add_(images.narrow(axis, 1, last), alpha=BLUR[2])
        blurred.narrow(axis, 0, 1).add_(images.narrow(axis, 0, 1), alpha=BLUR[0])
        blurred.narrow(axis, last, 1).add_(images.narrow(axis, last, 1), alpha=BLUR[2])
        images = blurred
    return images


def _linear(srgb: Tensor) -> Tensor:
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055).pow_(2.4))


def _srgb(linear: Tensor) -> Tensor:
    return torch.where(linear <= 0.0031308, 12.92 * linear, linear.pow(1 / 2.4).mul_(1.055).sub_(0.055))
