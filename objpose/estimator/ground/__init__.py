"""The ground that objects of a frame without depth stand on, and what it says of their poses."""

from objpose.estimator.ground.standing import common_ground, on_one_ground, unsure_on_ground

__all__ = ["common_ground", "on_one_ground", "unsure_on_ground"]
