// What the C++ core and the torch twin of surface points must hold alike (constants.py), and why.
#pragma once

namespace objpose {

// Samples each way from a point of the square in which its surface is looked for: 11 x 11 at the most.
constexpr int SURFACE_STEPS = 5;
// The same where something is looked for that hides it.
constexpr int HIDING_STEPS = 2;
// Standard deviations beyond which a measurement is of something else: Tukey's biweight weighs it nothing.
constexpr float DEPTH_REACH = 3.0f;
// What is counted of a pose's points: raster/points/bundles.py, PointCounts.
constexpr int POINT_COUNTS = 4;

// Samples of a patch: a register of AVX-512.
constexpr int PATCH_SAMPLES = 16;
// Standard deviations within which a patch agrees, and how much brighter or darker it may have become.
constexpr float AGREEING = 1.5f;
constexpr float MOST_GAIN = 2.0f;

}  // namespace objpose
