"""Which estimate is matched to which true instance, at every threshold."""

import math

import numpy as np


def match_greedily(errors: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """For each estimate the instance it takes, (*, E, T) int64, or -1; for each of T thresholds on its own.

    In the order given, each estimate takes the instance with the lowest error among those not yet taken, if
    that error lies strictly below the threshold; of equal errors, the first instance.

    Args:
        errors: (*, E, I) of E estimates, best score first, to I instances. Infinite or NaN where the instance
            does not count, or for padding.
        thresholds: (T,)
    """
    *batch, estimates, instances = errors.shape
    errors = np.nan_to_num(errors, nan=np.inf, posinf=np.inf).reshape(math.prod(batch), estimates, instances)
    thresholds = np.asarray(thresholds, dtype=np.float64)
    taken = np.full((len(errors), estimates, len(thresholds)), -1, dtype=np.int64)
    if not instances:
        return taken.reshape(*batch, estimates, len(thresholds))
    is_free = np.ones((len(errors), len(thresholds), instances), dtype=bool)
    for estimate in range(estimates):
        left = np.where(is_free, errors[:, estimate, None, :], np.inf)
        nearest = left.argmin(axis=2)
        is_hit = np.take_along_axis(left, nearest[..., None], axis=2)[..., 0] < thresholds
        taken[:, estimate] = np.where(is_hit, nearest, -1)
        hits = np.nonzero(is_hit)
        is_free[hits + (nearest[hits],)] = False
    return taken.reshape(*batch, estimates, len(thresholds))
