"""What is taken for granted of silhouettes, and how long cameras are searched by them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SilhouetteOptions:
    """What a mask must be like, and how exactly its outline is known."""

    least_share: float = 0.002  # of the photo that the object covers
    most_share: float = 0.9  # of it: more is hardly an object before a ground
    most_cut: float = 0.5  # share of the outline that may lie on the photo's border
    directions: int = 96  # in which the outline's outermost points are kept
    points: int = 64  # of the outline that are looked at
    field_size: int = 192  # cells along the square on which distances to the outline are kept
    field_reach: float = 1.6  # of the outline's own: half that square
    sigma_px: float = 1.5  # of 640 pixels across: how far a segmenter's outline is off


@dataclass(frozen=True)
class GroundOptions:
    """What a plain ground is, and an object that stands out of it."""

    blur_px: float = 1.0  # of 640 pixels across: edges are looked for at this scale
    rim: float = 0.03  # of the longer side: the border that shows ground alone
    least_edge: float = 0.012  # of the range of colours, a pixel: weaker ones are none
    noise_times: float = 3.0  # of the border's own edges, which are noise
    most_border_edges: float = 0.02  # share of the border that may be stronger, on a plain ground
    least_share: float = 0.01  # of the photo that the object covers
    most_share: float = 0.6  # of it
    most_beside: float = 0.03  # of the object's size that stands out beside it
    least_outline: float = 0.98  # share of the outline that has an edge


@dataclass(frozen=True)
class OrbitOptions:
    """How cameras about one object usually stand; standard deviations."""

    above_deg: tuple[float, float] = (-15.0, 75.0)  # of the horizon, within which cameras are looked for
    step_deg: float = 12.0  # between the places that are tried
    roll_deg: float = 6.0  # about the common horizon
    distance: float = 0.15  # of the logarithm, about what the object's size in the photo says
    centre: float = 0.12  # of the object's size, between its middle and that of its outline
    by_cut: float = 0.4  # both for each share of the outline that the photo's border cuts
    coarse: float = 0.06  # of the object's size: how far planes are off at rough places
    wide: float = 0.25  # the same of wrong ones
    fails: float = 0.1  # share of planes that touch something else, where an outline is wrong
    match_px: float = 1.0  # of 640 pixels across: how far matched keypoints are off
    matches_per_pair: int = 24  # of those that agree: more say nothing new


@dataclass(frozen=True)
class OutlineOptions:
    """How an outline is weighed."""

    independent: float = 8.0  # points of one outline that say something of their own
    loss: float = 2.0  # standard deviations beyond which one loses its pull
    least_rms: float = 0.2  # sigmas: outlines of exact masks are no better, cut into pixels as they are


@dataclass(frozen=True)
class SearchOptions:
    """How many placements are kept while they grow, by how many photos they hold, and how they are mended."""

    most: int = 24  # photos: outlines of more take minutes, and matches relate so many
    triples: int = 4000  # of three photos that are weighed
    fitted: int = 800  # of those that are fitted
    kept: tuple[int, ...] = (150, 100, 60, 40, 25, 15)  # from three photos on
    unlike_deg: float = 10.0  # turns that make two placements different ones
    core: int = 8  # photos that are searched jointly; all others are added to what those say
    decided: float = 20.0  # nats by which the best is ahead, from which no second search is made
    rounds: int = 4  # of mending
    mended: int = 3  # placements that are mended in a round
    suspects: int = 2  # photos of each that are placed anew


@dataclass(frozen=True)
class BeliefOptions:
    """How nats become chances."""

    temperature: float = 8.0  # nats by which a rival is behind to have e times less belief
    # Sigmas that hulls fall short by, from which it rises: what is off by more than pixels is off as a whole,
    # an outline too wide or too narrow. Of rough masks the truth was 20 nats behind a fit close to it.
    exact_rms: float = 0.3
    right_deg: float = 10.0  # a pair is right when rotation and direction are off by less
    unseen: float = 20.0  # belief, as of so many best placements, of what was not found among three photos
    unseen_photos: float = 0.8  # more of them, over which that share falls by e
    matched: float = 0.5  # share of the nats of matches that count beside those of outlines
    sure: float = 0.9  # chance from which matches join two photos for good
    likely: float = 0.3  # from which they are tried so, too

    def temperature_at(self, rms: float) -> float:
        """Nats, of outlines that hulls fall short of by so many sigmas."""
        return self.temperature * max(1.0, rms / self.exact_rms)


@dataclass(frozen=True)
class SilhouettesOptions:
    """Cameras by the outlines of one object."""

    silhouette: SilhouetteOptions = SilhouetteOptions()
    ground: GroundOptions = GroundOptions()
    orbit: OrbitOptions = OrbitOptions()
    outline: OutlineOptions = OutlineOptions()
    search: SearchOptions = SearchOptions()
    belief: BeliefOptions = BeliefOptions()
