"""The core in C++, for CPU tensors."""

from objpose.raster.cpu import drawn, lines, meshes, points, registration, splats

__all__ = ["drawn", "lines", "meshes", "points", "registration", "splats"]
