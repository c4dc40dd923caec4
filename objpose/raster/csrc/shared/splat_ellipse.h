// Which tiles of an image a splat may show on: those that its ellipse of alpha >= MIN_ALPHA reaches.
#pragma once

#include "shared/platform.h"

namespace objpose {

constexpr float LOG2_E = 1.44269504088896341f;

// A splat's alpha is its opacity times 2 to the power of xx dx^2 + xy dx dy + yy dy^2; beyond half_width and
// half_height (pixels) it stays below MIN_ALPHA.
struct SplatEllipse {
  float x, y;
  float xx, xy, yy;
  float half_width, half_height;
};

// screen (SCREEN_FIELDS), extent (2).
OBJPOSE_HD SplatEllipse splat_ellipse(const float* screen, const float* extent) {
  return {screen[0], screen[1], -0.5f * LOG2_E * screen[2], -LOG2_E * screen[3], -0.5f * LOG2_E * screen[4],
          extent[0], extent[1]};
}

OBJPOSE_HD float lower_of(float a, float b) { return b < a ? b : a; }
OBJPOSE_HD float higher_of(float a, float b) { return a < b ? b : a; }

// What of an ellipse lies between two columns.
class EllipseBand {
 public:
  OBJPOSE_HD explicit EllipseBand(const SplatEllipse& e)
      : e_(e),
        slope_(-0.5f * e.xy / e.yy),
        // At the highest and the lowest point, the form's derivative by dx is 0.
        tip_(-0.5f * e.xy / e.xx * e.half_height),
        aspect_(e.half_height / e.half_width *
                static_cast<float>(sqrt(higher_of(0.0f, 1.0f - 0.25f * e.xy * e.xy / (e.xx * e.yy))))) {}

  // Rows low ... high between columns left and right, as wide as rounding may make them.
  OBJPOSE_HD void rows(float left, float right, float& low, float& high) const {
    const float first = higher_of(left - e_.x, -e_.half_width);
    const float last = lower_of(right - e_.x, e_.half_width);
    const float at_high = lower_of(higher_of(tip_, first), last);
    const float at_low = lower_of(higher_of(-tip_, first), last);
    high = e_.y + slope_ * at_high + aspect_ * across(at_high) + SLACK;
    low = e_.y + slope_ * at_low - aspect_ * across(at_low) - SLACK;
  }

 private:
  static constexpr float SLACK = 0.01f;  // pixels

  OBJPOSE_HD float across(float dx) const {
    return static_cast<float>(sqrt(higher_of(0.0f, e_.half_width * e_.half_width - dx * dx)));
  }

  SplatEllipse e_;
  float slope_, tip_, aspect_;
};

// Calls visit(column of tiles, first row, last row of pixels) for the columns on which a drawable splat may
// show, and its rows in the image there.
template <typename Visit>
OBJPOSE_HD void visit_tile_columns(const SplatEllipse& e, int width, int height, int tile,
                                   const Visit& visit) {
  const float last_column = static_cast<float>(width - 1), last_row = static_cast<float>(height - 1);
  const float left = e.x - e.half_width, right = lower_of(e.x + e.half_width, last_column);
  if (right < 0.0f || left > last_column) return;  // beside the image, or there is none
  const EllipseBand band(e);
  const int first = static_cast<int>(higher_of(left, 0.0f)) / tile, last = static_cast<int>(right) / tile;
  for (int column = first; column <= last; ++column) {
    float low, high;
    band.rows(static_cast<float>(column * tile), static_cast<float>(column * tile + tile - 1), low, high);
    // A conic that no covariance has may reach beyond what an int holds; the negation leaves out NaN.
    if (!(low <= high && low <= last_row && high >= 0.0f)) continue;
    // Casts cut off; processors without SSE 4.1 round by a call.
    const float from = higher_of(low, 0.0f);
    const int cut = static_cast<int>(from), top = cut + (static_cast<float>(cut) < from);
    const int bottom = static_cast<int>(lower_of(high, last_row));
    if (top <= bottom) visit(column, top, bottom);
  }
}

}  // namespace objpose
