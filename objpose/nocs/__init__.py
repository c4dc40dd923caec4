"""Pose-Net: which point of an object each pixel of a crop shows (GS2Pose's coarse stage)."""

from objpose.nocs.checkpoint import load_network, save_network
from objpose.nocs.coordinates import NocsFrame, NocsSymmetry
from objpose.nocs.drawing.object_crops import ObjectCrops
from objpose.nocs.network import NetworkOptions, PoseNet, Prediction
from objpose.nocs.stored import FILE, stored_network
from objpose.nocs.train import Budget, Report, train
from objpose.nocs.training import Trainer, TrainingOptions

__all__ = [
    "FILE",
    "Budget",
    "NetworkOptions",
    "NocsFrame",
    "NocsSymmetry",
    "ObjectCrops",
    "PoseNet",
    "Prediction",
    "Report",
    "Trainer",
    "TrainingOptions",
    "load_network",
    "save_network",
    "stored_network",
    "train",
]
