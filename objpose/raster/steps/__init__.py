"""Steps of poses: normal equations solved, and poses moved."""
