// A splat's ellipse on the screen, cut into the columns of tiles that it touches.
#pragma once

#include <algorithm>
#include <cmath>

#include "shared/splat_constants.h"
#include "shared/platform.h"

namespace objpose {

// Pixels. Two rows of a tile fill an AVX-512 register. Lower tiles would be more of them for each splat.
constexpr int TILE_WIDTH = 8, TILE_HEIGHT = 16;
constexpr int TILE_PIXELS = TILE_WIDTH * TILE_HEIGHT;

struct ImageSize {
  int width, height;

  int columns() const { return (width + TILE_WIDTH - 1) / TILE_WIDTH; }
  int rows() const { return (height + TILE_HEIGHT - 1) / TILE_HEIGHT; }
  int tiles() const { return columns() * rows(); }
};

// A splat on the screen, as the inner loops want it: alpha is opacity times 2 to the power of
// xx dx^2 + xy dx dy + yy dy^2.
struct alignas(32) TileSplat {  // half a cache line
  float x, y;
  float xx, xy, yy;
  float opacity, depth;
  int id;
};

constexpr float LOG2_E = 1.44269504088896341f;

// screen (SCREEN_FIELDS).
inline TileSplat make_tile_splat(const float* screen, int id) {
  const float factor = -0.5f * LOG2_E;
  return {screen[0], screen[1], factor * screen[2], 2.0f * factor * screen[3], factor * screen[4],
          screen[5], screen[6], id};
}

// Rows of the image, `top` to `bottom`, that a splat may touch in a column of tiles.
struct SplatBand {
  int rank, column, top, bottom;

  int first_tile() const { return top / TILE_HEIGHT; }
  int last_tile() const { return bottom / TILE_HEIGHT; }
};

// What of a splat's ellipse of alpha >= MIN_ALPHA lies between two columns.
class EllipseBand {
 public:
  EllipseBand(const TileSplat& s, const float* extent)
      : x_(s.x),
        y_(s.y),
        half_width_(extent[0]),
        slope_(-0.5f * s.xy / s.yy),
        // At the highest and the lowest point, the form's derivative by dx is 0.
        tip_(-0.5f * s.xy / s.xx * extent[1]),
        aspect_(extent[1] / extent[0] * sqrt(std::max(0.0f, 1.0f - 0.25f * s.xy * s.xy / (s.xx * s.yy)))) {}

  // Rows low ... high between columns left and right, as wide as rounding may make them.
  void rows(float left, float right, float& low, float& high) const {
    const float first = std::max(left - x_, -half_width_), last = std::min(right - x_, half_width_);
    const float at_high = std::min(std::max(tip_, first), last);
    const float at_low = std::min(std::max(-tip_, first), last);
    high = y_ + slope_ * at_high + aspect_ * across(at_high) + SLACK;
    low = y_ + slope_ * at_low - aspect_ * across(at_low) - SLACK;
  }

 private:
  static constexpr float SLACK = 0.01f;  // pixels

  float across(float dx) const { return sqrt(std::max(0.0f, half_width_ * half_width_ - dx * dx)); }

  float x_, y_, half_width_, slope_, tip_, aspect_;
};

// Calls use(band) for every column of tiles that a splat touches; extent (2).
template <typename Use>
void for_each_band(const TileSplat& s, const float* extent, ImageSize size, int rank, const Use& use) {
  const EllipseBand ellipse(s, extent);
  const float last_row = static_cast<float>(size.height - 1);
  const float right = std::min(s.x + extent[0], static_cast<float>(size.width - 1));
  if (right < 0.0f) return;  // left of the image, or there is none
  const int first = static_cast<int>(std::max(s.x - extent[0], 0.0f)) / TILE_WIDTH;
  for (int column = first; column <= static_cast<int>(right) / TILE_WIDTH; ++column) {
    float low, high;
    const float left = static_cast<float>(column * TILE_WIDTH);
    ellipse.rows(left, left + (TILE_WIDTH - 1), low, high);
    // A conic that no covariance has may reach beyond what an int holds; the negation leaves out NaN.
    if (!(low <= high && low <= last_row && high >= 0.0f)) continue;
    // Casts cut off: without SSE 4.1 to round is a call.
    const float from = std::max(low, 0.0f);
    const int cut = static_cast<int>(from), top = cut + (static_cast<float>(cut) < from);
    const int bottom = static_cast<int>(std::min(high, last_row));
    if (top <= bottom) use(SplatBand{rank, column, top, bottom});
  }
}

}  // namespace objpose
