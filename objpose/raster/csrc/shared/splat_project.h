// A Gaussian to the screen: its perspective linearised at the centre (Zwicker et al., "EWA Volume Splatting",
// 2001).
#pragma once

#include "shared/splat_camera.h"

namespace objpose {

struct ScreenSplat {
  float x, y;     // pixels
  float a, b, c;  // conic
  float opacity;
  float depth;
};

// What projection finds on its way; adjoint and slopes start from it.
struct SplatGeometry {
  Vec3f point;                   // camera frame
  float inverse_z;               // of the point
  float slope_x, slope_y;        // x/z and y/z where the perspective is linearised
  bool free_x, free_y;           // where those are the point's own
  Mat3f axes;                    // camera frame: columns are the splat's axes times its scales
  Vec3f jacobian_x, jacobian_y;  // pixels a metre
  Vec3f row_x, row_y;            // jacobian times axes: their products are the covariance on the screen
  Vec3f normal;                  // row_x x row_y
  float area;                    // |normal|
  float cov_a, cov_c;            // variances on the screen, low-pass included
  float inverse_determinant;
};

OBJPOSE_HD float clamped(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

// For a point with z > near.
OBJPOSE_HD SplatGeometry splat_geometry(const SplatCamera& camera, const Splat& splat, Vec3f point) {
  SplatGeometry g;
  g.point = point;
  g.inverse_z = 1.0f / point.z;
  const float x = point.x * g.inverse_z, y = point.y * g.inverse_z;
  g.slope_x = clamped(x, camera.low_x, camera.high_x);
  g.slope_y = clamped(y, camera.low_y, camera.high_y);
  g.free_x = g.slope_x == x, g.free_y = g.slope_y == y;
  g.axes = scale_columns(mul(camera.rotation, rotation_of(splat)), splat.scales);
  g.jacobian_x =
      g.inverse_z * Vec3f{camera.fx, camera.skew, -(camera.fx * g.slope_x + camera.skew * g.slope_y)};
  g.jacobian_y = g.inverse_z * Vec3f{0.0f, camera.fy, -camera.fy * g.slope_y};
  g.row_x = row_mul(g.jacobian_x, g.axes);
  g.row_y = row_mul(g.jacobian_y, g.axes);
  g.normal = cross(g.row_x, g.row_y);
  const float squared = dot(g.normal, g.normal);
  g.area = sqrt(squared);
  const float a = dot(g.row_x, g.row_x), c = dot(g.row_y, g.row_y);
  g.cov_a = a + LOW_PASS, g.cov_c = c + LOW_PASS;
  // Without the cancellation of a c - b b.
  g.inverse_determinant = 1.0f / (squared + LOW_PASS * (a + c + LOW_PASS));
  return g;
}

// By how much the low-pass weakens a splat that must not grow brighter by it.
OBJPOSE_HD float compensation(const SplatGeometry& g) { return g.area * sqrt(g.inverse_determinant); }

OBJPOSE_HD ScreenSplat screen_splat(const SplatCamera& camera, const Splat& splat, const SplatGeometry& g,
                                    bool antialias) {
  const float x = g.point.x * g.inverse_z, y = g.point.y * g.inverse_z;
  return {camera.fx * x + camera.skew * y + camera.cx,
          camera.fy * y + camera.cy,
          g.cov_c * g.inverse_determinant,
          -dot(g.row_x, g.row_y) * g.inverse_determinant,
          g.cov_a * g.inverse_determinant,
          splat.opacity * (antialias ? compensation(g) : 1.0f),
          g.point.z};
}

// Half the size of the box outside which alpha stays below MIN_ALPHA; false where it touches no pixel.
OBJPOSE_HD bool splat_extent(const SplatCamera& camera, const SplatGeometry& g, const ScreenSplat& s,
                             float* extent) {
  const float ratio = s.opacity * (1.0f / MIN_ALPHA);
  const float reach = 2.0f * log(ratio > 1.0f ? ratio : 1.0f);
  extent[0] = sqrt(reach * g.cov_a);
  extent[1] = sqrt(reach * g.cov_c);
  return (ratio > 1.0f) & (extent[0] < MAX_EXTENT) & (extent[1] < MAX_EXTENT) & (s.x + extent[0] >= 0.0f) &
         (s.x - extent[0] <= camera.width - 1.0f) & (s.y + extent[1] >= 0.0f) &
         (s.y - extent[1] <= camera.height - 1.0f);
}

}  // namespace objpose
