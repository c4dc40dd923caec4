"""The ground that objects of a frame without depth stand on, and what it says of their poses."""

from objpose.estimator.ground.standing import on_one_ground, unsure_on_ground

__all__ = ["on_one_ground", "unsure_on_ground"]
