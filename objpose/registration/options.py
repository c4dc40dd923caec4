"""What can be chosen about registration."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.features import FusedDescriptor
from objpose.registration.matching import MatchOptions
from objpose.registration.refine import RefineOptions
from objpose.registration.search import SearchOptions
from objpose.registration.visual_model import VisualOptions


@dataclass(frozen=True)
class RegistrationOptions:
    crop_size: int = 112  # pixels of the crop's side at most
    judge_size: int = 64  # pixels of the crop in which the many hypotheses are judged
    voxel: float = 0.03  # of the diameter, spacing of the scene cloud
    match_voxel: float = 0.045  # of the diameter, spacing of the points that carry descriptors
    match_points: int = 160  # scene points that carry descriptors
    icp_points: int = 150  # scene points of the ICP that settles all hypotheses
    icp_iterations: int = 8
    icp_reach: tuple[float, float] = (0.10, 0.03)  # of the diameter, at start and end
    judged: int = 48  # hypotheses that are rendered, look-alikes not counted
    finalists: int = 16  # hypotheses refined in the small crop at most
    winners: int = 3  # hypotheses refined in the large crop at most
    hopeless: float = 0.8  # share of the best score below which only the first few are refined
    refine_iterations: tuple[int, int] = (3, 4)  # in the small and in the large crop
    tolerance: float = 0.04  # of the diameter: depth difference that the judge stops calling agreement
    search: SearchOptions = SearchOptions()
    matching: MatchOptions = MatchOptions()
    refine: RefineOptions = RefineOptions()
    descriptor: FusedDescriptor = FusedDescriptor()  # its colour half makes way for features
    visual: VisualOptions = VisualOptions()  # how an object is seen by features


DEFAULTS = RegistrationOptions()
