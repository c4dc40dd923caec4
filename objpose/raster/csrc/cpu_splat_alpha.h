// What a splat brings to a group of pixels: the innermost loop, shared by forward, backward and Gauss-Newton.
#pragma once

#include <cstring>

#include "cpu_clones.h"
#include "cpu_splat_bins.h"
#include "platform.h"

namespace objpose {

// 2^x for x <= 0, to 3e-7 of it: 2^(whole part) goes to the exponent, the rest to a polynomial.
OBJPOSE_HD float exp2_below_1(float x) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: sums with it are whole numbers, held in the lowest bits
  x = x < -125.0f ? -125.0f : x;
  const float shifted = x + rounder, f = x - (shifted - rounder);
  float power = 0.0013276472f;
  power = power * f + 0.0096755413f;
  power = power * f + 0.055507133f;
  power = power * f + 0.2402212f;
  power = power * f + 0.69314697f;
  power = power * f + 1.0000001f;
  unsigned exponent, bits;
  std::memcpy(&exponent, &shifted, sizeof(exponent));
  std::memcpy(&bits, &power, sizeof(bits));
  bits += exponent << 23;
  std::memcpy(&power, &bits, sizeof(bits));
  return power;
}

// The columns and rows of a group's pixels.
struct GroupOffsets {
  float column[GROUP], row[GROUP];

  GroupOffsets() {
    for (int k = 0; k < GROUP; ++k) {
      column[k] = static_cast<float>(k % TILE);
      row[k] = static_cast<float>(k / TILE);
    }
  }
};

// How much light still comes through to each pixel of a tile; negative once a splat was left out because behind
// it there would be less than MIN_TRANSMITTANCE.
struct Transmittance {
  float values[TILE_PIXELS];

  void reset() { std::fill_n(values, TILE_PIXELS, 1.0f); }
  bool is_dark() const {
    float most = 0.0f;
#pragma omp simd reduction(max : most)
    for (int k = 0; k < TILE_PIXELS; ++k) most = values[k] > most ? values[k] : most;
    return most == 0.0f;
  }
  float left(int k) const { return fabs(values[k]); }
};

// Alphas of a splat at the pixels of a group whose first pixel is at (x, y); 0 where it is left out.
// Transmittances before it go to `before`, and `through` is brought up to date. Returns the largest alpha.
OBJPOSE_HD float group_alpha(const TileSplat& s, float x, float y, const GroupOffsets& offsets,
                             float* OBJPOSE_RESTRICT through, float* OBJPOSE_RESTRICT alpha,
                             float* OBJPOSE_RESTRICT before) {
  const float left = x - s.x, top = y - s.y;
  float most = 0.0f;
#pragma omp simd reduction(max : most)
  for (int k = 0; k < GROUP; ++k) {
    const float dx = left + offsets.column[k], dy = top + offsets.row[k];
    const float power = s.xx * dx * dx + (s.xy * dx + s.yy * dy) * dy;
    const float full = s.opacity * exp2_below_1(power < 0.0f ? power : 0.0f);
    const float a = full < MAX_ALPHA ? full : MAX_ALPHA;
    const float light = through[k], next = light - light * a;
    const bool touches = a >= MIN_ALPHA, is_seen = next >= MIN_TRANSMITTANCE;
    const float kept = touches & is_seen ? a : 0.0f;
    alpha[k] = kept;
    before[k] = light;
    through[k] = touches ? (is_seen ? next : -fabs(light)) : light;
    most = kept > most ? kept : most;
  }
  return most;
}

// The groups of a tile, whose first row is `top`, that a splat may touch.
struct GroupRange {
  int first, last;
};

OBJPOSE_HD GroupRange groups_of(const TileSplat& s, int top) {
  const int first = s.top > top ? (s.top - top) / GROUP_ROWS : 0;
  const int below = (s.bottom - top) / GROUP_ROWS;
  return {first, below < TILE_GROUPS - 1 ? below : TILE_GROUPS - 1};
}

// Entries after which it is worth looking whether a tile is dark.
constexpr int DARK_CHECK = 16;

}  // namespace objpose
