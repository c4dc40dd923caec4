"""What can be tuned about placing photos, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.scene.options import TrialOptions


@dataclass(frozen=True)
class SettleOptions:
    """How cameras and points are adjusted to each other."""

    max_ratio: float = 0.97  # more ambiguous matches are evidence in number, but no measurements
    lenient: float = 4.0  # tolerances that a match may be off rough cameras, which else could not reach it
    min_angle_deg: float = 0.3  # rays closer to parallel fix no depth
    # Of the cameras' spread: nearer to a camera no point lies. Where photos stand in one place every depth
    # fits, no depth at all too, and what has none looks as if its rays met at any angle.
    nearest: float = 1e-3
    quick_tracks: int = 1000  # adjusted while the placement grows; all are in the end
    loss_px: float = 1.0  # beyond about this residual an observation loses its pull
    max_iterations: int = 40  # of one bundle adjustment: the next round starts where it ends


@dataclass(frozen=True)
class FocalStartOptions:
    """From where focal lengths that nobody told are refined, and when photos have their own."""

    # Of the guess, which is off by a step of 13 % or two.
    starts: tuple[float, ...] = (0.8, 0.9, 1.0, 1.12, 1.25)
    # That each focal length more must explain: found to 2 or 3 % where 35 % were open, it takes as many.
    own_nats: float = 3.0


@dataclass(frozen=True)
class ResectionOptions:
    """How places of a further photo are found and compared."""

    trials: TrialOptions = TrialOptions()
    least_points: int = 6  # twice the minimal sample
    point_leniency: float = 2.0  # tolerances: a point's projection errs by the point's own error too
    hypotheses: int = 3  # of the pair with each placed photo, the best ones
    scale_quantiles: tuple[float, ...] = (0.25, 0.5, 0.75)  # of the lengths that single points ask for
    judged: int = 3  # candidates that go from the quick count to the full judgement
    quick_ratio: float = 0.9  # matches of the quick count are less ambiguous
    quick_patch: float = 6.0  # matches that one patch can count as at most
    sure_nats: float = 150.0  # a photo whose place has fewer is searched thoroughly in the end
    modes: int = 6  # places by a thorough search from one choice of points, each from what others leave
    polished: int = 30  # candidates of a thorough search that are fitted before they are compared
    polish_reach: tuple[float, ...] = (12.0, 6.0)  # tolerances off within which points are fitted, in turn
    judged_thoroughly: int = 12  # as judged
    same_place: float = 0.1  # of the extent of the placement: nearer is what refinement would remove


@dataclass(frozen=True)
class GrowthOptions:
    """How a placement grows photo by photo."""

    # How much more than the pair's own evidence a newly placed photo may add for a waiting one: its points.
    optimism: float = 1.5
    one_place: float = 0.02  # of the extent: photos closer together have no direction


@dataclass(frozen=True)
class StartOptions:
    """From which pairs placements are grown."""

    most: int = 4  # pair hypotheses grown
    # Of the evidence of the links by which a placement joins two photos: what a rival hypothesis of theirs
    # must have to be grown.
    rival_share: float = 0.5
    certain_nats: float = 100.0  # of every link: then no joint choice is searched


@dataclass(frozen=True)
class JointOptions:
    """How one hypothesis is chosen for every pair at once."""

    graph: GraphOptions = GraphOptions()
    most: int = 2  # likeliest joint choices that are grown
    even_nats: float = 10.0  # against chance, at which a lone hypothesis is as likely to be right as not
    # Nats of matches that count as one: matches err together, and cycles shall be able to overrule them.
    temperature: float = 10.0
    least_confidence: float = 0.9  # photos that are less sure are better placed by their points


@dataclass(frozen=True)
class MergingOptions:
    """How two placements become one."""

    hypotheses: int = 60  # of the pairs between, those of most evidence
    shared_enough: int = 3  # matches with known depth that fix a length
    length_quantiles: tuple[float, ...] = (0.25, 0.5, 0.75)  # of the lengths that single matches ask for
    quick_ratio: float = 0.9  # matches of the quick count are less ambiguous
    quick_leniency: float = 2.0  # tolerances that a match may be off what adjustment has not seen yet
    quick_patch: float = 6.0  # matches that one patch can count as at most
    judged: int = 12  # similarities that go from the quick count to the evidence
    adjusted: int = 3  # those of them that are adjusted
    same_turn_deg: float = 3.0  # similarities that differ less in this and the next are one
    same_shift: float = 0.1  # of the extent of the main placement


@dataclass(frozen=True)
class RegroupOptions:
    """How a placement is cut and put together again."""

    cuts: int = 3  # weakest links that are cut, one by one
    rounds: int = 3  # each mends one group
    certain_nats: float = 150.0  # between two groups, that no search need question
    # Nats that one side shows less than the points of the other say: then no evidence is certain.
    contradicted_nats: float = 20.0


@dataclass(frozen=True)
class CoreOptions:
    """How a placement is taken back to its core and grown anew."""

    certain_nats: float = 150.0  # between two sides of a placement, that no search need question
    cuts: int = 3  # weakest links that are cut, one more each time
    places: int = 2  # of a photo beside a core that are grown from
    starts: int = 3  # places beside a core, of all photos, that are grown from


@dataclass(frozen=True)
class ContestOptions:
    """When photos contradict a known camera."""

    # By which they must want other places: those of wrong placements differ by less, far above chance.
    nats: float = 100.0
    sigmas: float = 3.0  # that two known cameras must stand otherwise to each other
    found_deg: float = 1.0  # standard deviation of what is found: over a chain of photos it adds up


@dataclass(frozen=True)
class MotionOptions:
    """How something that moves otherwise is looked for."""

    # Short: most of what is left obeys a second motion, if there is one.
    trials: TrialOptions = TrialOptions(most=400)
    clear_ratio: float = 0.8  # of the matches that are searched: few wrong ones among them
    apart: float = 2.0  # tolerances that a match of another motion is off the first
    # Of every pair of three photos. What a still scene leaves (a phone's video, whose lens is no pinhole) had
    # 40 in the weakest pair of the best three, boxes pasted over photos 89 and more.
    least_nats: float = 60.0
    sure_views: int = 3  # a keypoint whose point so many photos see moves with the first
    neighbours: int = 5  # of a keypoint's own motion, within whose reach none of the other is to lie
    # Of the keypoints of a second motion: with more, both are of what repeats itself. Boxes pasted over
    # photos had 0.12, a shelf of packs in rows 0.66 to 0.98.
    most_interleaved: float = 0.4
    alike: float = 0.3  # of the distance of two random descriptors: nearer ones are each other's like
    beside: float = 0.03  # of the longer side, that a like is away: keypoints are found twice in one place
    # Of the keypoints of a photo that have their like in it: with more, what it shows repeats itself.
    # Rendered shelves, tiles and walls of windows have 0.54 to 0.77, eleven other sets 0.03 at most.
    most_repeated: float = 0.25


@dataclass(frozen=True)
class TurntableOptions:
    """How the axis of a turntable is found, and the angles of photos about it."""

    axes: int = 2  # searched: the camera may have been put elsewhere once
    least_turn_deg: float = 4.0  # smaller turns leave the axis open
    slide_deg: float = 8.0  # that a motion may run along its axis
    # Cosine between the view and the nearest point of the axis: seen from 63 degrees above at most.
    ahead: float = 0.45
    axis_deg: float = 6.0  # within which two axes are one
    point_deg: float = 10.0  # the same of where they lie
    axis_nats: float = 100.0  # of all pairs that show an axis
    tried: int = 40  # hypotheses whose axis is tried
    step_deg: float = 4.0  # of the angles tried: half of it bends no match far enough
    clear_ratio: float = 0.9  # of the matches that choose the angles to weigh
    weighed: int = 10  # angles of a pair that are weighed
    # The best of all angles reaches 14 nats by chance with one photo, and little more with each further one.
    least_nats: float = 18.0
    nats_per_photo: float = 1.0  # more of them, more ways to agree by chance


@dataclass(frozen=True)
class StepOptions:
    """When a turntable was turned on by its step, and how exactly."""

    sigma_deg: float = 1.0  # standard deviation of one step
    found_deg: float = 1.0  # of what the photos show of it
    sigmas: float = 3.0  # that two photos may be off

    def least_deg(self, steps: int) -> float:
        """Degrees that photos so many steps apart must be off to contradict."""
        return self.sigmas * float(np.hypot(np.sqrt(steps) * self.sigma_deg, self.found_deg))


@dataclass(frozen=True)
class PlacingOptions:
    """All steps of placing."""

    settle: SettleOptions = SettleOptions()
    focals: FocalStartOptions = FocalStartOptions()
    resection: ResectionOptions = ResectionOptions()
    growth: GrowthOptions = GrowthOptions()
    starts: StartOptions = StartOptions()
    joint: JointOptions = JointOptions()
    merging: MergingOptions = MergingOptions()
    regroup: RegroupOptions = RegroupOptions()
    cores: CoreOptions = CoreOptions()
    contest: ContestOptions = ContestOptions()
    motion: MotionOptions = MotionOptions()
    turntable: TurntableOptions = TurntableOptions()
    step: StepOptions = StepOptions()
    # Nats by which another place, of a photo or a group, must explain more before anything is moved there:
    # less is noise of the evidence.
    move_gain: float = 5.0
