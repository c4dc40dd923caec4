// Clipping of the few triangles that reach behind the near plane or beyond the guard band.
#pragma once

#include "shared/projection.h"

namespace objpose {

struct Polygon {
  Vec3 corners[MAX_CLIPPED_CORNERS];
  int count;
};

// More corners than there is room for come of rounding alone, which coordinates of 1e20 metres suffer by the
// kilometre: a polygon that is not convex then crosses a plane more than twice.
OBJPOSE_HD void keep_corner(Polygon& polygon, Vec3 corner) {
  if (polygon.count < MAX_CLIPPED_CORNERS) polygon.corners[polygon.count++] = corner;
}

// Signed distances (positive = kept) to: near, and the guard band's left, right, top, bottom.
OBJPOSE_HD double plane_distance(const View& view, int plane, Vec3 p) {
  // Half a pixel inside the band that to_screen() accepts, which leaves room for snapping.
  const double guard = GUARD_PIXELS - 1.5;
  const double x = view.fx * p.x + view.skew * p.y, y = view.fy * p.y;
  switch (plane) {
    case 0:
      return p.z - view.near_depth;
    case 1:
      return guard * p.z + x;
    case 2:
      return guard * p.z - x;
    case 3:
      return guard * p.z + y;
    default:
      return guard * p.z - y;
  }
}

// Computed from the outer corner to the inner one, whichever way the edge runs: the two triangles of an edge
// agree.
OBJPOSE_HD Vec3 crossing(Vec3 outside, double outside_distance, Vec3 inside, double inside_distance) {
  const double t = outside_distance / (outside_distance - inside_distance);
  return {outside.x + t * (inside.x - outside.x), outside.y + t * (inside.y - outside.y),
          outside.z + t * (inside.z - outside.z)};
}

// One plane of Sutherland and Hodgman's reentrant polygon clipping.
OBJPOSE_HD Polygon clip_to_plane(const View& view, int plane, const Polygon& polygon) {
  Polygon kept;
  kept.count = 0;
  for (int i = 0; i < polygon.count; ++i) {
    const Vec3 here = polygon.corners[i], next = polygon.corners[i + 1 < polygon.count ? i + 1 : 0];
    const double d_here = plane_distance(view, plane, here), d_next = plane_distance(view, plane, next);
    if (d_here >= 0) keep_corner(kept, here);
    if (d_here >= 0 && d_next < 0) keep_corner(kept, crossing(next, d_next, here, d_here));
    if (d_here < 0 && d_next >= 0) keep_corner(kept, crossing(here, d_here, next, d_next));
  }
  return kept;
}

// What is left of a triangle (camera frame), as a convex polygon; count < 3: nothing.
OBJPOSE_HD Polygon clip_triangle(const View& view, Vec3 a, Vec3 b, Vec3 c) {
  Polygon polygon;
  polygon.corners[0] = a, polygon.corners[1] = b, polygon.corners[2] = c;
  polygon.count = 3;
  for (int plane = 0; plane < 5 && polygon.count > 0; ++plane) polygon = clip_to_plane(view, plane, polygon);
  return polygon;
}

// The planes through the camera centre and each edge, and the triangle's volume with the camera centre: a ray
// r meets the triangle at barycentrics dot(r, edge[i]) / sum, where 1/depth = sum / volume. Nothing is asked
// of corners behind the camera. (Olano and Greer, "Triangle Scan Conversion using 2D Homogeneous
// Coordinates", 1997.)
struct RayTriangle {
  Vec3 edge[3];
  double volume;
};

OBJPOSE_HD RayTriangle make_ray_triangle(Vec3 a, Vec3 b, Vec3 c) {
  return {{cross(b, c), cross(c, a), cross(a, b)}, dot(a, cross(b, c))};
}

// The ray with z = 1 through a position on the screen, in subpixels from (whole_x, whole_y).
OBJPOSE_HD Vec3 ray_through(const View& view, int x, int y) {
  const double ray_y = (static_cast<double>(y) / SUBPIXELS - view.fraction_y) / view.fy;
  return {((static_cast<double>(x) / SUBPIXELS - view.fraction_x) - view.skew * ray_y) / view.fx, ray_y, 1.0};
}

struct ScreenPolygon {
  ScreenVertex corners[MAX_CLIPPED_CORNERS];
  int count;
};

// The visible part of a triangle (camera frame) on the screen, as a convex polygon. Its corners are snapped,
// which moves them; their 1/depth is that of the triangle's own plane where they came to lie, so that depths
// stay exact.
OBJPOSE_HD ScreenPolygon clipped_to_screen(const View& view, Vec3 a, Vec3 b, Vec3 c) {
  const Polygon polygon = clip_triangle(view, a, b, c);
  const RayTriangle triangle = make_ray_triangle(a, b, c);
  ScreenPolygon screen;
  screen.count = triangle.volume != 0 ? polygon.count : 0;
  double lowest = 1.0 / view.near_depth, highest = 0;
  for (int i = 0; i < screen.count; ++i) {
    const double inverse = 1.0 / polygon.corners[i].z;
    lowest = inverse < lowest ? inverse : lowest;
    highest = inverse > highest ? inverse : highest;
  }
  for (int i = 0; i < screen.count; ++i) {
    Vec3 corner = polygon.corners[i];
    // Clipping has placed it on the near plane: no rounding error may take it out again.
    if (corner.z < view.near_depth) corner.z = view.near_depth;
    ScreenVertex vertex = to_screen(view, corner);
    const Vec3 ray = ray_through(view, vertex.x, vertex.y);
    const double sum = dot(ray, triangle.edge[0]) + dot(ray, triangle.edge[1]) + dot(ray, triangle.edge[2]);
    const double inverse = sum / triangle.volume;
    vertex.inverse_depth = static_cast<float>(inverse < lowest    ? lowest
                                              : inverse > highest ? highest
                                                                  : inverse);
    screen.corners[i] = vertex;
  }
  return screen;
}

}  // namespace objpose
