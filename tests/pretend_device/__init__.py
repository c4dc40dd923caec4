"""A CUDA device that is none: tensors that claim cuda:0, compute on the CPU, and are counted.

With `pretend_device() as counts`, what the package does with tensors on "cuda" runs on a machine without a
GPU, and `counts` says what a GPU would have been asked for: launches, waits of the host, uploads, and what it
would have refused. Nothing that runs here has run on a GPU.
"""

from tests.pretend_device.context import pretend_device
from tests.pretend_device.counts import Counts
from tests.pretend_device.tensor import CUDA, PretendTensor

__all__ = ["CUDA", "Counts", "PretendTensor", "pretend_device"]
