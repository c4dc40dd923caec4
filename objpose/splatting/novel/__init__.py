"""Views that nobody took, as a prior says they look: for scenes of few photos."""

from objpose.splatting.novel.between import cameras_between
from objpose.splatting.novel.diffusion import DiffusionPrior
from objpose.splatting.novel.prior import KnownViews, NovelView, NovelViewPrior, ScorePrior
from objpose.splatting.novel.swept import SweptPrior
from objpose.splatting.novel.targets import NovelTargets

__all__ = [
    "DiffusionPrior",
    "KnownViews",
    "NovelTargets",
    "NovelView",
    "NovelViewPrior",
    "ScorePrior",
    "SweptPrior",
    "cameras_between",
]
