// A damped Gauss-Newton step of a pose.
#pragma once

#include "shared/platform.h"

namespace objpose {

// Solves A x = b for a symmetric A by A = L D L^T, in place of A; false where A is not positive definite.
OBJPOSE_HD bool solve_symmetric(double (&A)[6][6], const double* b, double* x) {
  for (int j = 0; j < 6; ++j) {
    for (int k = 0; k < j; ++k) A[j][j] -= A[j][k] * A[j][k] * A[k][k];
    if (!(A[j][j] > 0)) return false;
    for (int i = j + 1; i < 6; ++i) {
      for (int k = 0; k < j; ++k) A[i][j] -= A[i][k] * A[j][k] * A[k][k];
      A[i][j] /= A[j][j];
    }
  }
  for (int i = 0; i < 6; ++i) {
    x[i] = b[i];
    for (int k = 0; k < i; ++k) x[i] -= A[i][k] * x[k];
  }
  for (int i = 5; i >= 0; --i) {
    x[i] /= A[i][i];
    for (int k = i + 1; k < 6; ++k) x[i] -= A[k][i] * x[k];
  }
  return true;
}

OBJPOSE_HD void cross(const double* a, const double* b, double* out) {
  for (int i = 0; i < 3; ++i) out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

// exp of a twist (v, w): a unit quaternion and a translation.
struct TwistMotion {
  double wxyz[4], shift[3];

  OBJPOSE_HD explicit TwistMotion(const double* twist) {
    const double* const w = twist + 3;
    const double squared = w[0] * w[0] + w[1] * w[1] + w[2] * w[2], angle = sqrt(squared);
    const bool is_small = angle < 1e-4;  // there the next terms of the series are below rounding
    const double half = is_small ? 0.5 - squared / 48 : sin(angle / 2) / angle;
    const double first = is_small ? 0.5 - squared / 24 : (1 - cos(angle)) / squared;
    const double second = is_small ? 1.0 / 6 - squared / 120 : (angle - sin(angle)) / (squared * angle);
    wxyz[0] = cos(angle / 2);
    double once[3], twice[3];
    cross(w, twist, once);
    cross(w, once, twice);
    for (int i = 0; i < 3; ++i) {
      wxyz[i + 1] = half * w[i];
      shift[i] = twist[i] + first * once[i] + second * twice[i];
    }
  }

  OBJPOSE_HD void turn(const double* v, double* out) const {
    double once[3], twice[3];
    cross(wxyz + 1, v, once);
    cross(wxyz + 1, once, twice);
    for (int i = 0; i < 3; ++i) out[i] = v[i] + 2 * (wxyz[0] * once[i] + twice[i]);
  }
};

// out: wxyz_xyz moved about `pivot`, camera frame; false where a number is not finite.
OBJPOSE_HD bool move_about(const float* wxyz_xyz, const double* pivot, const double* twist, float* out) {
  const TwistMotion motion(twist);
  const double* const a = motion.wxyz;
  const float* const b = wxyz_xyz;
  const double arm[3] = {b[4] - pivot[0], b[5] - pivot[1], b[6] - pivot[2]};
  double turned[3], moved[7] = {a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
                                a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
                                a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
                                a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]};
  motion.turn(arm, turned);
  const double length =
      sqrt(moved[0] * moved[0] + moved[1] * moved[1] + moved[2] * moved[2] + moved[3] * moved[3]);
  for (int i = 0; i < 4; ++i) moved[i] /= length;
  for (int i = 0; i < 3; ++i) moved[4 + i] = turned[i] + pivot[i] + motion.shift[i];
  double sum = 0;
  for (int i = 0; i < 7; ++i) sum += moved[i];
  if (!(fabs(sum) < 1e30)) return false;
  for (int i = 0; i < 7; ++i) out[i] = static_cast<float>(moved[i]);
  return true;
}

}  // namespace objpose
