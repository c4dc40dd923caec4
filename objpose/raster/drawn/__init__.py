"""Drawn images of poses compared with a crop of a frame: normal equations, and how well they agree."""
