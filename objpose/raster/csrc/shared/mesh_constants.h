// Every constant of the rasterizer of meshes, each with its reason.
#pragma once

namespace objpose {

// Screen positions are snapped to 1/256 pixel, as GPUs do. Edge functions of snapped positions are exact
// integers, so neighbouring triangles neither overlap nor leave holes, and a crop equals the crop of the full
// image.
constexpr int SUBPIXEL_BITS = 8;
constexpr int SUBPIXELS = 1 << SUBPIXEL_BITS;

// Vertices farther than this from the principal point (pixels) are clipped. Edge functions then stay below
// 2^47 and are exact in a double.
constexpr int GUARD_PIXELS = 1 << 14;

// Triangles whose bounding box is no larger than this (pixels) have edge functions that fit 32-bit integers,
// also LANES pixels beyond the box: 2 * (64 + 8) * 64 * 256^2 < 2^31.
constexpr int SMALL_PIXELS = 64;

// Pixels tested together: one AVX2 register of 32-bit values, two of SSE or NEON.
constexpr int LANES = 8;

// A triangle clipped by the near plane and four guard planes gains at most one corner from each.
constexpr int MAX_CLIPPED_CORNERS = 3 + 5;

}  // namespace objpose
