// The normal of a triangle in the camera frame, on the side that the camera sees.
#pragma once

#include "shared/projection.h"

namespace objpose {

// For views that only turn and move.
constexpr double UNIT_K[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

// out: (3), of unit length; zero for a triangle without area.
OBJPOSE_HD void facing_normal(const View& view, const float* a, const float* b, const float* c, float* out) {
  const Vec3 p = to_camera(view, a);
  const Vec3 n = cross(to_camera(view, b) - p, to_camera(view, c) - p);
  const double length = sqrt(dot(n, n));
  // The camera centre is the origin: the seen side is the one whose normal points against p.
  const double scale = length > 0 ? (dot(n, p) > 0 ? -1.0 : 1.0) / length : 0.0;
  out[0] = static_cast<float>(n.x * scale), out[1] = static_cast<float>(n.y * scale);
  out[2] = static_cast<float>(n.z * scale);
}

}  // namespace objpose
