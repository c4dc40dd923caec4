// A pose as a rotation matrix and a translation.
#pragma once

#include "shared/platform.h"

namespace objpose {

// cam_from_obj of a wxyz_xyz, which is made unit.
struct RigidPose {
  double rotation[9], translation[3];

  template <typename Number>
  OBJPOSE_HD explicit RigidPose(const Number* wxyz_xyz) {
    double w = wxyz_xyz[0], x = wxyz_xyz[1], y = wxyz_xyz[2], z = wxyz_xyz[3];
    const double length = sqrt(w * w + x * x + y * y + z * z);
    w /= length, x /= length, y /= length, z /= length;
    const double entries[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
                               2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                               2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
    for (int i = 0; i < 9; ++i) rotation[i] = entries[i];
    for (int i = 0; i < 3; ++i) translation[i] = wxyz_xyz[4 + i];
  }

  OBJPOSE_HD void turn(const float* v, double* out) const {
    for (int i = 0; i < 3; ++i)
      out[i] = rotation[3 * i] * v[0] + rotation[3 * i + 1] * v[1] + rotation[3 * i + 2] * v[2];
  }
  OBJPOSE_HD void apply(const float* v, double* out) const {
    turn(v, out);
    for (int i = 0; i < 3; ++i) out[i] += translation[i];
  }
};

// A point of the object, in the camera's frame.
OBJPOSE_HD void pose_point(const float* point, const float* wxyz_xyz, float* out) {
  double there[3];
  RigidPose(wxyz_xyz).apply(point, there);
  for (int i = 0; i < 3; ++i) out[i] = static_cast<float>(there[i]);
}

}  // namespace objpose
