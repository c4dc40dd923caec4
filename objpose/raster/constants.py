"""The numbers that the core and Python must hold alike; csrc/ gives the reason of each.

The core says its own by name (csrc/cpu/numbers.cpp), and a test compares them all.
"""

from __future__ import annotations

# Raised with every change of a signature in the C++, where csrc/cpu/meshes.cpp holds the same number.
ABI_VERSION = 13

# Meshes: csrc/shared/mesh_constants.h
SUBPIXELS = 256
GUARD_PIXELS = 1 << 14  # subpixel positions are exact up to this distance from the principal point

# Splats: csrc/shared/splat_constants.h
LOW_PASS = 0.3
MIN_ALPHA = 1 / 255
MAX_ALPHA = 0.999
MIN_TRANSMITTANCE = 1e-4
CLAMP_SLOPE = 1.0
CLAMP_MARGIN = 0.15
MAX_EXTENT = 1e6
SCREEN_FIELDS = 7
SPLAT_SUMS = 7  # of a splat's pixels: csrc/shared/splat_sums.h
TWIST = 6

# Normal equations: csrc/shared/splat_robust.h
SQUARED, HUBER, CAUCHY = range(3)
NORMAL_TERMS = 28  # the upper triangle of the normal matrix, the gradient, the cost

# Correspondence lines: csrc/shared/line_constants.h
COLOR_LEVELS = 32
COLOR_REACH = 20
COLOR_GAP = 0.5
RARE_COLOR = 1e-4
EDGE_TAPS = 8
EDGE_CONTRAST = 0.43
LEAST_REACH = 3.0
MOST_CERTAIN = 0.99
OUTLIERS = 0.01
LEAST_VARIANCE = 0.5
SHALLOWEST = 0.1
LINE_FIELDS = 7
LINE_NUMBERS = 6
MOST_POSITIONS = 64

# Surface points and patches: csrc/shared/point_constants.h
SURFACE_STEPS = 5
HIDING_STEPS = 2
DEPTH_REACH = 3.0
POINT_COUNTS = 4
CORNER_REACH = 2
PATCH_SAMPLES = 16
AGREEING = 1.5
MOST_GAIN = 2.0

# Drawn images: csrc/shared/drawn_constants.h
DARKEST = 0.05
CHROMA_SIGMA = 0.3
BRIGHTNESS_SIGMA = 0.5
LARGEST_CAST = 0.5
FIT_STEPS = 3
STRUCTURE_WINDOW = 9
NOISE_VARIANCE = 0.4
MISSED = 2.0
OUTSIDE_WEIGHT = 0.5
NORMAL_WINDOW = 7
EDGE_SPACING = 0.5
EDGE_SIGMAS = 3.0
STRONG_EDGE = 0.04
UNSEEN_EDGE = 0.3
SHAPE_SUMS = 7
SHAPE_COUNTS = 9

# Registration: csrc/shared/registration_constants.h
FACING = 0.3
ICP_DAMPING = 1e-2

# CUDA: csrc/cuda/structures.h
CUDA_TILE = 16
SLOPE_ROUND = 3
