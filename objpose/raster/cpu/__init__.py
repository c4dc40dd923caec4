"""The core in C++, for CPU tensors."""

from objpose.raster.cpu import lines, meshes, points, splats

__all__ = ["lines", "meshes", "points", "splats"]
