"""The core in plain torch: what the tests hold the others to, and what runs where there is none."""

from objpose.raster.twin import lines, meshes, points, splats

__all__ = ["lines", "meshes", "points", "splats"]
