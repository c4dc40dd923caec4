"""What can be tuned about the answer: how evidence becomes chances, and what is worth telling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from objpose.cameras.scene.options import FOCAL_SPREAD


@dataclass(frozen=True)
class LinkCalibration:
    """Log-odds of a link: offset + nats * ln(evidence / 100) + margin * ln(margin / 50) - shortfall * missing
    nats / 10.

    Chosen on 272 links of random subsets of temple, desk_b and two rendered table tops with twins: the 19
    wrong ones have 30 nats or less, the surest of them a chance of 0.37, and all 239 of more are right.
    """

    # Nats of a pair that do not count: many pairs at the level of chance, which see the same wrong thing, are
    # not together as good as one that is far above it.
    chance_nats: float = 15.0
    offset: float = 6.0
    nats: float = 4.0
    margin: float = 0.6
    shortfall: float = 1.0  # for every 10 nats that a photo shows less than it should
    # Nats of margin by which the odds against the next best place rise by e, however much speaks for both. At
    # 17 they are 9 to 1; links of a hidden-like table top that were wrong and sure had margins up to 12.
    rivalry: float = 8.0


@dataclass(frozen=True)
class StretchOptions:
    """How much further off a pair is than the residuals of its points say.

    Keypoints err together, and matches that agree with a slightly wrong place were chosen because they do:
    over 200 nats a pair errs by twice the standard deviation that independent errors give, with 30 nats by
    ten times and more. Chosen on the sure pairs of temple, desk_b and plush and of two rendered table tops.
    """

    least: float = 2.5  # what keypoints that err together make of the strongest links
    nats: float = 200.0  # of the weakest link between two photos, below which it grows as their inverse

    def factor(self, nats: float) -> float:
        """Of standard deviations; one where something else than matches holds a photo, which nats of inf
        say.
        """
        if np.isinf(nats):
            return 1.0
        return self.least * max(self.nats / max(nats, 1.0), 1.0)


@dataclass(frozen=True)
class LensOptions:
    """Standard deviations of what a photo without intrinsics leaves open beside its keypoints."""

    focal: float = FOCAL_SPREAD  # of the log of it
    centre: float = 0.01  # of the longer side, by which the principal point is off the middle of the photo
    radial: float = 0.02  # of the first term of the distortion
    # Of one photo from the others of its camera: it focuses anew, and steadies the picture by moving a lens.
    own_focal: float = 0.01
    own_centre: float = 0.005  # of the longer side


@dataclass(frozen=True)
class SizeOptions:
    """How the object's size is measured."""

    least_points: int = 20  # on the masks: fewer do not say how far the object is
    most_span: float = 1.15  # of the longest way across any mask, that the points may span: more is noise
    sigma: float = 0.05  # share that it is off, of boxes and a can from 5 and 8 photos


@dataclass(frozen=True)
class AnswerOptions:
    """How the answer is weighed and worded."""

    calibration: LinkCalibration = LinkCalibration()
    stretch: StretchOptions = StretchOptions()
    lens: LensOptions = LensOptions()
    size: SizeOptions = SizeOptions()
    right_deg: float = 10.0  # a pair is right when rotation and direction are off by less
    # Keypoints are never found better than this, however small the residuals of few matches happen to be.
    least_noise_px: float = 0.5
    one_place: float = 0.01  # of the cameras' spread: closer cameras stand in one place, without a direction
    undecided: float = 0.5  # confidence at most where two things move and nobody said which is meant
    doubted: float = 0.9  # below this confidence a photo that is placed says why
    worth_saying_nats: float = 5.0  # by which a photo shows too little, from which it is told as a reason
    open_deg: float = 5.0  # standard deviation of a place from which it is told as a reason
    open_focal: float = 0.1  # the same of the log of a focal length
    worth_telling: float = 0.05  # share of the belief that an alternative must hold
    # Nats by which a rival must be behind to have e times less belief; evidence counts matches that are not
    # independent.
    temperature: float = 30.0
