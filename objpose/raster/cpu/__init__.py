"""The core in C++, for CPU tensors."""

from objpose.raster.cpu import drawn, lines, meshes, paint, points, registration, splats, steps

__all__ = ["drawn", "lines", "meshes", "paint", "points", "registration", "splats", "steps"]
