// Where on its triangle a pixel lies: perspective-correct barycentric coordinates, and how much of it a pixel
// covers.
#pragma once

#include "shared/clip.h"
#include "shared/coverage.h"

namespace objpose {

// The point is (1 - b1 - b2) * v0 + b1 * v1 + b2 * v2. footprint: the area d(b1, b2) / d(x, y) under one
// pixel, from which a texture takes its mip level.
struct SurfacePoint {
  float b1, b2, footprint;
};

OBJPOSE_HD bool needs_clipping(const ScreenTriangle& t) {
  return (t.v0.inverse_depth == 0) | (t.v1.inverse_depth == 0) | (t.v2.inverse_depth == 0);
}

// From the same snapped corners as the z-buffer, so that the depth of this point is the depth stored there.
// x, y: the pixel, counted from (whole_x, whole_y).
OBJPOSE_HD SurfacePoint surface_point(const ScreenTriangle& t, int x, int y) {
  const int sub_x = x * SUBPIXELS, sub_y = y * SUBPIXELS;
  const double area = edge_function<double>(t.v1, t.v2, t.v0.x, t.v0.y);
  const float inverse_area = 1.0f / static_cast<float>(area);
  const float w1 = static_cast<float>(edge_function<double>(t.v2, t.v0, sub_x, sub_y)) * inverse_area;
  const float w2 = static_cast<float>(edge_function<double>(t.v0, t.v1, sub_x, sub_y)) * inverse_area;
  const float p0 = (1.0f - w1 - w2) * t.v0.inverse_depth;
  const float p1 = w1 * t.v1.inverse_depth, p2 = w2 * t.v2.inverse_depth;
  const float depth = 1.0f / (p0 + p1 + p2);
  const float pixel_share =
      static_cast<float>(SUBPIXELS * SUBPIXELS) * static_cast<float>(fabs(inverse_area));
  // The Jacobian of the perspective map from screen to surface barycentrics is z^3 / (z0 z1 z2).
  const float perspective =
      (depth * t.v0.inverse_depth) * (depth * t.v1.inverse_depth) * (depth * t.v2.inverse_depth);
  return {p1 * depth, p2 * depth, pixel_share * perspective};
}

// The same for a triangle of which a part is clipped away.
OBJPOSE_HD SurfacePoint clipped_surface_point(const View& view, Vec3 a, Vec3 b, Vec3 c, int x, int y) {
  const RayTriangle triangle = make_ray_triangle(a, b, c);
  const Vec3 ray = ray_through(view, x * SUBPIXELS, y * SUBPIXELS);
  const double e0 = dot(ray, triangle.edge[0]), e1 = dot(ray, triangle.edge[1]),
               e2 = dot(ray, triangle.edge[2]);
  const double sum = e0 + e1 + e2;
  if (sum == 0) return {0.0f, 0.0f, 0.0f};
  // Snapping can place the pixel up to 1/512 pixel outside: back onto the triangle.
  const double b0 = e0 / sum > 0 ? e0 / sum : 0, b1 = e1 / sum > 0 ? e1 / sum : 0,
               b2 = e2 / sum > 0 ? e2 / sum : 0;
  const double total = b0 + b1 + b2;
  const double footprint = fabs(triangle.volume * triangle.volume / (view.fx * view.fy * sum * sum * sum));
  return {static_cast<float>(b1 / total), static_cast<float>(b2 / total), static_cast<float>(footprint)};
}

}  // namespace objpose
