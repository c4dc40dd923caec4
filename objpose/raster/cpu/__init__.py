"""The core in C++, for CPU tensors."""

from objpose.raster.cpu import meshes, splats

__all__ = ["meshes", "splats"]
