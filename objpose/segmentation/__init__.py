"""Where is the object, when the caller has no mask: proposals, labels and prompts."""

from objpose.segmentation.prompts import mask_from_box, mask_from_points
from objpose.segmentation.proposals import Proposal, ProposalOptions, propose
from objpose.segmentation.sam import Sam, SamOptions
from objpose.segmentation.segment import Detection, SegmentationOptions, Segmented, segment, segmented

__all__ = [
    "Detection",
    "Proposal",
    "ProposalOptions",
    "Sam",
    "SamOptions",
    "SegmentationOptions",
    "Segmented",
    "mask_from_box",
    "mask_from_points",
    "propose",
    "segment",
    "segmented",
]
