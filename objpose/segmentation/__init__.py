"""Where is the object, when the caller has no mask: proposals, labels and prompts."""

from objpose.segmentation.proposals import Proposal, ProposalOptions, propose
from objpose.segmentation.segment import Detection, SegmentationOptions, segment

__all__ = ["Detection", "Proposal", "ProposalOptions", "SegmentationOptions", "propose", "segment"]
