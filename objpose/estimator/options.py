"""How a `PoseEstimator` works: the method, the device, what describes pictures, what refines."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.errors import InputError
from objpose.features import DenseFeatures
from objpose.poses import FINISH, RGBDOptions, RGBOptions, SplatRefineOptions
from objpose.segmentation import SegmentationOptions

METHODS = ("auto", "rgbd", "rgb")
REFINES = ("auto", "splat", "mesh")


@dataclass(frozen=True)
class EstimatorOptions:
    method: str = "auto"  # "rgbd", "rgb", or "auto": "rgbd" for frames with depth, "rgb" for those without
    seed: int = 0  # the same seed gives the same answer, on any number of threads
    threads: int | None = None  # masks worked on at once; None: as many as torch may take
    # Where poses are moved, drawn and judged: "cpu", "cuda" ("cuda:1"), or "auto": CUDA where it works. One
    # that cannot be used is an InputError. Borders, clouds and descriptors are made on the CPU all the same.
    # The CPU until asked: this path has not run on a GPU yet (docs/gpu.md).
    device: str = "cpu"
    # What describes pictures. "rgb" takes PatchDescriptor() where none is given; "rgbd" matches with it only
    # when one is.
    features: DenseFeatures | None = None
    # Whether the Pose-Nets that `objpose train-nocs` wrote beside objects propose poses too.
    pose_nets: bool = True
    # What the best pose is refined on last: the mesh (edges of the picture, ICP with depth), or its splats.
    # "auto": splats for "rgb" where they were fitted to views; those of a mesh measured no better than it.
    refine: str = "auto"
    rgbd: RGBDOptions = RGBDOptions()
    rgb: RGBOptions = RGBOptions()
    # Whether objects found without depth may stand on one ground, which tells their distances: see
    # `objpose.estimator.ground`. Each answer then depends on the others of its frame.
    ground: bool = True
    splatting: SplatRefineOptions = FINISH  # of refinement on splats
    segmentation: SegmentationOptions = SegmentationOptions()  # where no masks are given

    def checked(self) -> EstimatorOptions:
        """The same options.

        Raises:
            InputError: a method or a refinement that does not exist.
        """
        for name, known in (("method", METHODS), ("refine", REFINES)):
            chosen = getattr(self, name)
            if chosen not in known:
                raise InputError(name, repr(chosen), f"one of {', '.join(known)}", "choose one of them")
        return self
