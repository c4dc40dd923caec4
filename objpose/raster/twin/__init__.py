"""The core in plain torch: what the tests hold the others to, and what runs where there is none."""

from objpose.raster.twin import drawn, lines, meshes, paint, points, registration, splats, steps

__all__ = ["drawn", "lines", "meshes", "paint", "points", "registration", "splats", "steps"]
