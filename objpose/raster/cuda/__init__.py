"""The core in CUDA, compiled at first use, for the tensors of NVIDIA's GPUs."""

from objpose.raster.cuda import meshes, splats

__all__ = ["meshes", "splats"]
