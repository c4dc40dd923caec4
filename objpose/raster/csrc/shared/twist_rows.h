// How points and pixels move with a twist (v, w) about a pivot, camera frame: the kernels' part of
// geometry/tangent.py.
#pragma once

#include "shared/number.h"

namespace objpose {

constexpr double NEAREST = 1e-6;  // metres: points nearer to the camera do not project

// Of direction . (v + w x arm); the arm leads from the pivot to the point.
template <typename Number>
OBJPOSE_HD void twist_row(const Number* direction, const Number* arm, Number* row) {
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    row[i] = direction[i];
    row[3 + i] = arm[j] * direction[k] - arm[k] * direction[j];
  }
}

// What is drawn in a pixel: its depth, metres, and the ray (x, y, 1) through it.
template <typename Number>
struct DrawnPoint {
  Number depth, x, y;

  OBJPOSE_HD void arm_from(const float* pivot, Number* arm) const {
    arm[0] = depth * x - Same<Number>::as(pivot[0]);
    arm[1] = depth * y - Same<Number>::as(pivot[1]);
    arm[2] = depth - Same<Number>::as(pivot[2]);
  }

  // Of the point's column and row in pixels, with the camera K (3, 3).
  OBJPOSE_HD void pixel_rows(const float* K, const float* pivot, Number* along_u, Number* along_v) const {
    const Number none = Same<Number>::as(0.0f), nearest = Same<Number>::as(static_cast<float>(NEAREST));
    const Number inverse = Same<Number>::as(1.0f) / larger(depth, nearest);
    const Number fx = K[0] * inverse, fy = K[4] * inverse;
    const Number of_u[3] = {fx, none, none - fx * x}, of_v[3] = {none, fy, none - fy * y};
    Number arm[3];
    arm_from(pivot, arm);
    twist_row(of_u, arm, along_u);
    twist_row(of_v, arm, along_v);
  }
};

}  // namespace objpose
