// Object points to camera points to snapped screen positions.
#pragma once

#include "shared/mesh_constants.h"
#include "shared/platform.h"

namespace objpose {

struct Vec3 {
  double x, y, z;
};

OBJPOSE_HD Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
OBJPOSE_HD double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
OBJPOSE_HD Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

// One pose with its pinhole camera. Screen positions are counted from the pixel (whole_x, whole_y) that holds
// the principal point, so that shifting the principal point by whole pixels (a crop) changes no arithmetic.
struct View {
  double rotation[9];  // cam_from_obj, row-major
  Vec3 translation;
  double fx, skew, fy;
  double fraction_x, fraction_y;  // principal point minus (whole_x, whole_y), in [0, 1)
  int whole_x, whole_y;
  double near_depth;
};

// A vertex on the screen: 1/256 pixels from (whole_x, whole_y), and 1/depth; 0 there says "must be clipped".
struct ScreenVertex {
  int x, y;
  float inverse_depth;
};

// cam_from_obj: 3x4 row-major. K: 3x3 row-major.
OBJPOSE_HD View make_view(const double* cam_from_obj, const double* K, double near_depth) {
  View view;
  for (int row = 0; row < 3; ++row)
    for (int col = 0; col < 3; ++col) view.rotation[3 * row + col] = cam_from_obj[4 * row + col];
  view.translation = {cam_from_obj[3], cam_from_obj[7], cam_from_obj[11]};
  view.fx = K[0], view.skew = K[1], view.fy = K[4];
  view.whole_x = static_cast<int>(floor(K[2]));
  view.whole_y = static_cast<int>(floor(K[5]));
  view.fraction_x = K[2] - view.whole_x;
  view.fraction_y = K[5] - view.whole_y;
  view.near_depth = near_depth;
  return view;
}

OBJPOSE_HD Vec3 to_camera(const View& view, const float* point) {
  const double x = point[0], y = point[1], z = point[2];
  const double* r = view.rotation;
  return {r[0] * x + r[1] * y + r[2] * z + view.translation.x,
          r[3] * x + r[4] * y + r[5] * z + view.translation.y,
          r[6] * x + r[7] * y + r[8] * z + view.translation.z};
}

// Double precision: every backend then snaps to the same 1/256 pixel, whatever its order of operations.
OBJPOSE_HD ScreenVertex to_screen(const View& view, Vec3 p) {
  const double inverse = 1.0 / p.z;
  const double x = floor(((view.fx * p.x + view.skew * p.y) * inverse + view.fraction_x) * SUBPIXELS + 0.5);
  const double y = floor((view.fy * p.y * inverse + view.fraction_y) * SUBPIXELS + 0.5);
  const double guard = static_cast<double>(GUARD_PIXELS) * SUBPIXELS;
  const bool drawable = (p.z >= view.near_depth) & (fabs(x) <= guard) & (fabs(y) <= guard);
  return {static_cast<int>(drawable ? x : 0.0), static_cast<int>(drawable ? y : 0.0),
          static_cast<float>(drawable ? inverse : 0.0)};
}

}  // namespace objpose
