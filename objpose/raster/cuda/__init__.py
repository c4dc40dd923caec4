"""The core in CUDA, compiled at first use, for the tensors of NVIDIA's GPUs."""

from objpose.raster.cuda import drawn, meshes, registration, splats, steps

__all__ = ["drawn", "meshes", "registration", "splats", "steps"]
