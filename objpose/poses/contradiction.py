"""What speaks against a pose however rough the mask's border is: patches, where borders err by bands.

A wrong object that fits a part of the mask looks much like the right one that is partly hidden, by all that
agrees. What tells them apart are patches drawn where the frame shows that nothing is, and patches of the
mask that are left bare. A right pose has none of the first, and of the second only what a poor mask has of
other things.
"""

from __future__ import annotations

from torch import Tensor


def contradiction(empty: Tensor, bare: Tensor, explained: Tensor) -> tuple[Tensor, Tensor]:
    """(B,) and (B,) in [0, 1]: shares of what B drawings and the mask hold that are empty, bare patches.

    All in pixels: (B,) in patches drawn where nothing of the object is, (B,) in patches of the mask where
    nothing is drawn, (B,) of the mask that are explained.
    """
    whole = (empty + bare + explained).clamp_min(1)
    return empty / whole, bare / whole
