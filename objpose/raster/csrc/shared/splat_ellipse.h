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
struct EllipseBand {
  float x, y, half_width, slope, tip, aspect;

  EllipseBand() = default;
  OBJPOSE_HD explicit EllipseBand(const SplatEllipse& e)
      : x(e.x),
        y(e.y),
        half_width(e.half_width),
        slope(-0.5f * e.xy / e.yy),
        // At the highest and the lowest point, the form's derivative by dx is 0.
        tip(-0.5f * e.xy / e.xx * e.half_height),
        aspect(e.half_height / e.half_width *
               static_cast<float>(sqrt(higher_of(0.0f, 1.0f - 0.25f * e.xy * e.xy / (e.xx * e.yy))))) {}

  // Rows low ... high between columns left and right, as wide as rounding may make them.
  OBJPOSE_HD void rows(float left, float right, float& low, float& high) const {
    const float slack = 0.01f;  // pixels
    const float first = higher_of(left - x, -half_width), last = lower_of(right - x, half_width);
    const float at_high = lower_of(higher_of(tip, first), last);
    const float at_low = lower_of(higher_of(-tip, first), last);
    high = y + slope * at_high + aspect * across(at_high) + slack;
    low = y + slope * at_low - aspect * across(at_low) - slack;
  }

  OBJPOSE_HD float across(float dx) const {
    return static_cast<float>(sqrt(higher_of(0.0f, half_width * half_width - dx * dx)));
  }
};

// Inclusive; none where last < first.
struct TileColumns {
  int first, last;
};
struct PixelRows {
  int first, last;
};

// The columns of tiles on which a drawable splat may show. No branches, so that loops over it vectorise.
OBJPOSE_HD TileColumns tile_columns(const SplatEllipse& e, int width, int tile) {
  const float last_column = static_cast<float>(width - 1);
  const float left = e.x - e.half_width, right = lower_of(e.x + e.half_width, last_column);
  const bool is_beside = (right < 0.0f) | (left > last_column);  // or there is no image
  return {static_cast<int>(is_beside ? 0.0f : higher_of(left, 0.0f)) / tile,
          is_beside ? -1 : static_cast<int>(is_beside ? 0.0f : right) / tile};
}

// The rows of the image on which it may show in a column of tiles. No branches, either.
OBJPOSE_HD PixelRows rows_in_column(const EllipseBand& band, int column, int tile, int height) {
  const float left = static_cast<float>(column * tile), last_row = static_cast<float>(height - 1);
  float low, high;
  band.rows(left, left + static_cast<float>(tile - 1), low, high);
  // A conic that no covariance has may reach beyond what an int holds; NaN is in no order.
  const bool is_shown = (low <= high) & (low <= last_row) & (high >= 0.0f);
  const float lowest = higher_of(low, 0.0f), highest = lower_of(high, last_row);
  const float from = is_shown ? lowest : 0.0f, to = is_shown ? highest : -1.0f;
  // Casts cut off; processors without SSE 4.1 round by a call.
  const int cut = static_cast<int>(from);
  return {cut + (static_cast<float>(cut) < from), static_cast<int>(to)};
}

// Calls visit(column of tiles, first row, last row of pixels) for the columns on which a drawable splat may
// show, and its rows in the image there.
template <typename Visit>
OBJPOSE_HD void visit_tile_columns(const SplatEllipse& e, int width, int height, int tile,
                                   const Visit& visit) {
  const TileColumns columns = tile_columns(e, width, tile);
  const EllipseBand band(e);
  for (int column = columns.first; column <= columns.last; ++column) {
    const PixelRows rows = rows_in_column(band, column, tile, height);
    if (rows.first <= rows.last) visit(column, rows.first, rows.last);
  }
}

}  // namespace objpose
