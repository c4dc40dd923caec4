// Which pixels a triangle covers, and 1/depth there: exact edge functions on the subpixel grid.
#pragma once

#include "projection.h"

namespace objpose {

struct ScreenTriangle {
  ScreenVertex v0, v1, v2;
};

// Inclusive ranges of pixels, counted from (whole_x, whole_y).
struct PixelBox {
  int left, right, top, bottom;
};

OBJPOSE_HD int min2(int a, int b) { return a < b ? a : b; }
OBJPOSE_HD int max2(int a, int b) { return a > b ? a : b; }

// The pixel centres inside the triangle's bounding box and the window.
OBJPOSE_HD PixelBox pixel_box(const ScreenTriangle& t, const PixelBox& window) {
  const int min_x = min2(t.v0.x, min2(t.v1.x, t.v2.x)), max_x = max2(t.v0.x, max2(t.v1.x, t.v2.x));
  const int min_y = min2(t.v0.y, min2(t.v1.y, t.v2.y)), max_y = max2(t.v0.y, max2(t.v1.y, t.v2.y));
  return {max2((min_x + SUBPIXELS - 1) >> SUBPIXEL_BITS, window.left), min2(max_x >> SUBPIXEL_BITS, window.right),
          max2((min_y + SUBPIXELS - 1) >> SUBPIXEL_BITS, window.top), min2(max_y >> SUBPIXEL_BITS, window.bottom)};
}

OBJPOSE_HD bool is_empty(const PixelBox& box) { return box.left > box.right || box.top > box.bottom; }

OBJPOSE_HD bool is_small(const ScreenTriangle& t) {
  const int limit = SMALL_PIXELS * SUBPIXELS;
  return max2(t.v0.x, max2(t.v1.x, t.v2.x)) - min2(t.v0.x, min2(t.v1.x, t.v2.x)) <= limit &&
         max2(t.v0.y, max2(t.v1.y, t.v2.y)) - min2(t.v0.y, min2(t.v1.y, t.v2.y)) <= limit;
}

// Twice the signed area of (a, b, p) in subpixels; Number: int where is_small(), else double. Exact in both.
template <typename Number>
OBJPOSE_HD Number edge_function(const ScreenVertex& a, const ScreenVertex& b, int x, int y) {
  return static_cast<Number>(b.x - a.x) * static_cast<Number>(y - a.y) -
         static_cast<Number>(b.y - a.y) * static_cast<Number>(x - a.x);
}

// A pixel centre exactly on an edge belongs to the triangle on one side only: the one for which it is a top or left
// edge. Others lose the tie by one unit. (a, b) runs so that the inside is positive; y points down.
OBJPOSE_HD int tie_bias(const ScreenVertex& a, const ScreenVertex& b) {
  const bool left = b.y < a.y, top = b.y == a.y && b.x > a.x;
  return left || top ? 0 : -1;
}

// The three edge functions, biased so that "covered" is "all >= 0", as affine functions of the pixel; and 1/depth,
// affine in two of them. Edge i lies opposite corner i.
template <typename Number>
struct Coverage {
  Number at_corner[3];  // at the box's first pixel
  Number step_x[3], step_y[3];
  float inverse_depth, slope1, slope2;  // 1/depth = inverse_depth + slope1 * edge1 + slope2 * edge2
};

// False for a triangle without area. Either winding is drawn: meshes of the wild are not always closed.
template <typename Number>
OBJPOSE_HD bool make_coverage(ScreenTriangle t, const PixelBox& box, Coverage<Number>& c) {
  Number area = edge_function<Number>(t.v1, t.v2, t.v0.x, t.v0.y);
  if (area == 0) return false;
  if (area < 0) {
    const ScreenVertex swapped = t.v1;
    t.v1 = t.v2, t.v2 = swapped;
    area = -area;
  }
  const ScreenVertex* from[3] = {&t.v1, &t.v2, &t.v0};
  const ScreenVertex* to[3] = {&t.v2, &t.v0, &t.v1};
  int bias[3];
  for (int i = 0; i < 3; ++i) {
    bias[i] = tie_bias(*from[i], *to[i]);
    c.at_corner[i] = edge_function<Number>(*from[i], *to[i], box.left * SUBPIXELS, box.top * SUBPIXELS) + bias[i];
    c.step_x[i] = -static_cast<Number>(to[i]->y - from[i]->y) * SUBPIXELS;
    c.step_y[i] = static_cast<Number>(to[i]->x - from[i]->x) * SUBPIXELS;
  }
  const float inverse_area = 1.0f / static_cast<float>(area);
  c.slope1 = (t.v1.inverse_depth - t.v0.inverse_depth) * inverse_area;
  c.slope2 = (t.v2.inverse_depth - t.v0.inverse_depth) * inverse_area;
  c.inverse_depth = t.v0.inverse_depth - bias[1] * c.slope1 - bias[2] * c.slope2;
  return true;
}

}  // namespace objpose
