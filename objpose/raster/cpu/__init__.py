"""The core in C++, for CPU tensors."""

from objpose.raster.cpu import lines, meshes, splats

__all__ = ["lines", "meshes", "splats"]
