// A damped Gauss-Newton step of a pose.
#pragma once

#include "shared/number.h"
#include "shared/rigid_pose.h"

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

// The same about the object's centre, object frame; a pose without a finite motion stays.
OBJPOSE_HD void move_about_centre(const float* centre, const float* wxyz_xyz, const float* twist,
                                  float* out) {
  double pivot[3], motion[6];
  RigidPose(wxyz_xyz).apply(centre, pivot);
  for (int i = 0; i < 6; ++i) motion[i] = twist[i];
  if (move_about(wxyz_xyz, pivot, motion, out)) return;
  for (int i = 0; i < 7; ++i) out[i] = wxyz_xyz[i];
}

// geometry/normal_equations.py, solve_damped: -(H + damping diag(H))^-1 g, after Jacobi scaling, for metres
// and radians differ by orders of magnitude; 0 where there is no such step.
OBJPOSE_HD void damped_step(const float* normal, const float* gradient, double damping, float* step) {
  double scale[6], A[6][6], b[6], x[6], most = 0;
  for (int i = 0; i < 6; ++i) most = normal[7 * i] > most ? normal[7 * i] : most;
  for (int i = 0; i < 6; ++i) {
    const double least = 1e-12 * most + 1e-30, here = normal[7 * i];
    scale[i] = 1 / sqrt(here > least ? here : least);
  }
  for (int i = 0; i < 6; ++i) {
    b[i] = -gradient[i] * scale[i];
    for (int j = 0; j < 6; ++j) A[i][j] = normal[6 * i + j] * scale[i] * scale[j];
    A[i][i] += damping + 1e-9;
  }
  const bool is_solved = solve_symmetric(A, b, x);
  for (int i = 0; i < 6; ++i) {
    const double moved = is_solved ? x[i] * scale[i] : 0;
    step[i] = fabs(moved) < 1e30 ? static_cast<float>(moved) : 0;
  }
}

// Poses, or their trials, with their normal equations.
struct PoseSystems {
  const float *cam_from_obj, *normal, *gradient, *cost;  // (poses, 7), (poses, 36), (poses, 6), (poses,)
};

// Where a descent is after a step.
struct TakenSteps {
  float *cam_from_obj, *normal, *gradient, *cost, *damping;
  unsigned char *converged, *accepted;
};

// geometry/descent.py, taken_steps, of the pose `i` of each array.
OBJPOSE_HD void take_step(const PoseSystems& here, const float* damping, const unsigned char* converged,
                          const PoseSystems& trial, const float* step, float tolerance, long long i,
                          const TakenSteps& out) {
  const bool is_accepted = trial.cost[i] < here.cost[i] && !converged[i];
  bool is_small = true;
  for (int k = 0; k < 6; ++k) is_small = is_small && fabs(step[6 * i + k]) < tolerance;
  out.accepted[i] = is_accepted;
  out.converged[i] = converged[i] || is_small;
  out.damping[i] = smaller(larger(damping[i] * (is_accepted ? 0.1f : 10.0f), 1e-9f), 1e9f);
  const PoseSystems& from = is_accepted ? trial : here;
  for (long long k = 7 * i; k < 7 * i + 7; ++k) out.cam_from_obj[k] = from.cam_from_obj[k];
  for (long long k = 36 * i; k < 36 * i + 36; ++k) out.normal[k] = from.normal[k];
  for (long long k = 6 * i; k < 6 * i + 6; ++k) out.gradient[k] = from.gradient[k];
  out.cost[i] = from.cost[i];
}

}  // namespace objpose
