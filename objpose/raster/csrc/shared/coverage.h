// Which pixels a triangle covers, and 1/depth there: exact edge functions on the subpixel grid.
#pragma once

#include "shared/projection.h"

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
  return {max2((min_x + SUBPIXELS - 1) >> SUBPIXEL_BITS, window.left),
          min2(max_x >> SUBPIXEL_BITS, window.right),
          max2((min_y + SUBPIXELS - 1) >> SUBPIXEL_BITS, window.top),
          min2(max_y >> SUBPIXEL_BITS, window.bottom)};
}

OBJPOSE_HD bool is_empty(const PixelBox& box) { return (box.left > box.right) | (box.top > box.bottom); }

OBJPOSE_HD bool is_small(const ScreenTriangle& t) {
  const int limit = SMALL_PIXELS * SUBPIXELS;
  return (max2(t.v0.x, max2(t.v1.x, t.v2.x)) - min2(t.v0.x, min2(t.v1.x, t.v2.x)) <= limit) &
         (max2(t.v0.y, max2(t.v1.y, t.v2.y)) - min2(t.v0.y, min2(t.v1.y, t.v2.y)) <= limit);
}

// Twice the signed area of (a, b, p) in subpixels; Number: int where is_small(), else double. Exact in both.
template <typename Number>
OBJPOSE_HD Number edge_function(const ScreenVertex& a, const ScreenVertex& b, int x, int y) {
  return static_cast<Number>(b.x - a.x) * static_cast<Number>(y - a.y) -
         static_cast<Number>(b.y - a.y) * static_cast<Number>(x - a.x);
}

// A pixel centre exactly on an edge belongs to the triangle on one side only: the one for which it is a top
// or left edge. Others lose the tie by one unit. (dx, dy) runs along the edge so that the inside is positive;
// y points down.
OBJPOSE_HD int tie_bias(int dx, int dy) { return (dy < 0) | ((dy == 0) & (dx > 0)) ? 0 : -1; }

// One edge function, biased so that "inside" is ">= 0", as an affine function of the pixel.
template <typename Number>
struct Edge {
  Number at_corner;  // at the box's first pixel
  Number step_x, step_y;

  OBJPOSE_HD Number at(int x, int y) const { return at_corner + step_x * x + step_y * y; }
};

// What a triangle covers: the pixels where all three edge functions are >= 0 (edge i lies opposite corner i),
// and there 1/depth = inverse_depth + slope1 * edge1 + slope2 * edge2.
template <typename Number>
struct Coverage {
  Edge<Number> edge0, edge1, edge2;
  float inverse_depth, slope1, slope2;
};

// One expression for all loops: they must round alike, or a crop would differ from the whole in the last bit.
template <typename Number>
OBJPOSE_HD float inverse_depth_at(float inverse_depth, float slope1, float slope2, Number edge1,
                                  Number edge2) {
  return inverse_depth + static_cast<float>(edge1) * slope1 + static_cast<float>(edge2) * slope2;
}

// The edge from a to b, or with sign -1 from b to a.
template <typename Number>
OBJPOSE_HD Edge<Number> make_edge(const ScreenVertex& a, const ScreenVertex& b, int sign,
                                  const PixelBox& box) {
  const int dx = sign * (b.x - a.x), dy = sign * (b.y - a.y);
  const Number at_corner = static_cast<Number>(dx) * static_cast<Number>(box.top * SUBPIXELS - a.y) -
                           static_cast<Number>(dy) * static_cast<Number>(box.left * SUBPIXELS - a.x);
  return {at_corner + tie_bias(dx, dy), -static_cast<Number>(dy) * SUBPIXELS,
          static_cast<Number>(dx) * SUBPIXELS};
}

// False for a triangle without area, which covers nothing. Either winding is drawn (meshes of the wild are
// not always closed): a clockwise triangle has all its edges reversed. No branches, so that loops over it
// vectorise.
template <typename Number>
OBJPOSE_HD bool make_coverage(const ScreenTriangle& t, const PixelBox& box, Coverage<Number>& c) {
  const Number area = edge_function<Number>(t.v1, t.v2, t.v0.x, t.v0.y);
  const int sign = area < 0 ? -1 : 1;
  c.edge0 = make_edge<Number>(t.v1, t.v2, sign, box);
  c.edge1 = make_edge<Number>(t.v2, t.v0, sign, box);
  c.edge2 = make_edge<Number>(t.v0, t.v1, sign, box);
  const float inverse_area = area != 0 ? sign / static_cast<float>(area) : 0.0f;
  c.slope1 = (t.v1.inverse_depth - t.v0.inverse_depth) * inverse_area;
  c.slope2 = (t.v2.inverse_depth - t.v0.inverse_depth) * inverse_area;
  const int bias1 = tie_bias(sign * (t.v0.x - t.v2.x), sign * (t.v0.y - t.v2.y));
  const int bias2 = tie_bias(sign * (t.v1.x - t.v0.x), sign * (t.v1.y - t.v0.y));
  const float base = t.v0.inverse_depth - bias1 * c.slope1 - bias2 * c.slope2;
  c.inverse_depth = area != 0 ? base : -1.0f;  // behind everything
  return area != 0;
}

}  // namespace objpose
