// How a splat on the screen changes as its camera moves: forward-mode derivatives by the camera's twist.
#pragma once

#include "shared/splat_project.h"

namespace objpose {

// By the six numbers (v, w) of the camera's left twist: of log alpha at (dx, dy) from the splat's centre,
// which is xx dx^2 + xy dx dy + yy dy^2 + x dx + y dy + constant, and of the depth.
struct SplatSlopes {
  float xx[TWIST], xy[TWIST], yy[TWIST], x[TWIST], y[TWIST], constant[TWIST], depth[TWIST];
};

// Derivatives by one number of the twist of: the point (camera frame) and, through `turn` x, the axes.
OBJPOSE_HD void splat_slope(const SplatCamera& camera, const SplatGeometry& g, const ScreenSplat& s,
                            bool antialias, Vec3f point, Vec3f turn, int k, SplatSlopes& out) {
  const float inverse_z = -g.inverse_z * g.inverse_z * point.z;
  const float x = point.x * g.inverse_z + g.point.x * inverse_z;
  const float y = point.y * g.inverse_z + g.point.y * inverse_z;
  const float slope_x = g.free_x ? x : 0.0f, slope_y = g.free_y ? y : 0.0f;
  const float relative = inverse_z * g.point.z;  // change of inverse_z by inverse_z
  Vec3f jacobian_x = relative * g.jacobian_x, jacobian_y = relative * g.jacobian_y;
  jacobian_x.z -= g.inverse_z * (camera.fx * slope_x + camera.skew * slope_y);
  jacobian_y.z -= g.inverse_z * camera.fy * slope_y;
  const Mat3f axes = cross_columns(turn, g.axes);
  const Vec3f row_x = row_mul(jacobian_x, g.axes) + row_mul(g.jacobian_x, axes);
  const Vec3f row_y = row_mul(jacobian_y, g.axes) + row_mul(g.jacobian_y, axes);
  const float a = 2.0f * dot(g.row_x, row_x), c = 2.0f * dot(g.row_y, row_y);
  const float b = dot(g.row_x, row_y) + dot(g.row_y, row_x);
  // log alpha is -(a dx^2 + 2 b dx dy + c dy^2) / 2 with the conic, whose derivative is -Q (d covariance) Q.
  out.xx[k] = 0.5f * (s.a * s.a * a + 2.0f * s.a * s.b * b + s.b * s.b * c);
  out.xy[k] = s.a * s.b * a + (s.a * s.c + s.b * s.b) * b + s.b * s.c * c;
  out.yy[k] = 0.5f * (s.b * s.b * a + 2.0f * s.b * s.c * b + s.c * s.c * c);
  const float u = camera.fx * x + camera.skew * y, v = camera.fy * y;
  out.x[k] = s.a * u + s.b * v;
  out.y[k] = s.b * u + s.c * v;
  out.depth[k] = point.z;
  out.constant[k] = 0.0f;
  if (antialias) {
    const float inverse_area = inverse_length(g.normal);
    const float area = dot(g.normal, cross(row_x, g.row_y) + cross(g.row_x, row_y)) * inverse_area;
    out.constant[k] = area * inverse_area - 0.5f * (s.a * a + 2.0f * s.b * b + s.c * c);
  }
}

OBJPOSE_HD void splat_slopes(const SplatCamera& camera, const SplatGeometry& g, const ScreenSplat& s,
                             bool antialias, SplatSlopes& out) {
  const Vec3f zero = {0.0f, 0.0f, 0.0f}, p = g.point;
  splat_slope(camera, g, s, antialias, {1.0f, 0.0f, 0.0f}, zero, 0, out);
  splat_slope(camera, g, s, antialias, {0.0f, 1.0f, 0.0f}, zero, 1, out);
  splat_slope(camera, g, s, antialias, {0.0f, 0.0f, 1.0f}, zero, 2, out);
  splat_slope(camera, g, s, antialias, {0.0f, -p.z, p.y}, {1.0f, 0.0f, 0.0f}, 3, out);
  splat_slope(camera, g, s, antialias, {p.z, 0.0f, -p.x}, {0.0f, 1.0f, 0.0f}, 4, out);
  splat_slope(camera, g, s, antialias, {-p.y, p.x, 0.0f}, {0.0f, 0.0f, 1.0f}, 5, out);
}

}  // namespace objpose
