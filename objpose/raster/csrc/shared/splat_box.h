// Where in the image a splat on the screen may show.
#pragma once

#include "shared/platform.h"
#include "shared/splat_constants.h"

namespace objpose {

// Whatever a caller passes, no place is computed from numbers that are not finite, or that no int holds.
// screen (SCREEN_FIELDS), extent (2).
OBJPOSE_HD bool is_drawable(const float* screen, const float* extent) {
  const bool is_near = fabs(screen[0]) < 2.0f * MAX_EXTENT && fabs(screen[1]) < 2.0f * MAX_EXTENT;
  return is_near && extent[0] > 0.0f && extent[0] < MAX_EXTENT && extent[1] > 0.0f && extent[1] < MAX_EXTENT;
}


// Columns and rows of tiles, inclusive, that a splat may touch.
struct TileBox {
  int left, right, top, bottom;
};
OBJPOSE_HD TileBox tile_box(const float* screen, const float* extent, int width, int height, int tile) {
  const TileBox none = {0, -1, 0, -1};
  if (!is_drawable(screen, extent)) return none;
  const float low_x = screen[0] - extent[0], high_x = screen[0] + extent[0];
  const float low_y = screen[1] - extent[1], high_y = screen[1] + extent[1];
  const float right = static_cast<float>(width - 1), bottom = static_cast<float>(height - 1);
  if (high_x < 0.0f || high_y < 0.0f || low_x > right || low_y > bottom) return none;
  return {static_cast<int>(low_x > 0.0f ? low_x : 0.0f) / tile,
          static_cast<int>(high_x < right ? high_x : right) / tile,
          static_cast<int>(low_y > 0.0f ? low_y : 0.0f) / tile,
          static_cast<int>(high_y < bottom ? high_y : bottom) / tile};
}

}  // namespace objpose
