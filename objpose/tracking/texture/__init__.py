"""An object's paint, followed from a frame that was trusted: small patches with the grey values they had."""

from objpose.tracking.texture.patches import Patches

__all__ = ["Patches"]
