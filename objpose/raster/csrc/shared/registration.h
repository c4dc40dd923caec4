// Points of a scene on the surface of a posed object: look-ups, sums of point-to-plane residuals, steps.
#pragma once

#include "shared/normal_sums.h"
#include "shared/number.h"
#include "shared/pose_step.h"
#include "shared/registration_constants.h"
#include "shared/rigid_pose.h"

namespace objpose {

// raster/registration/bundles.py, SurfaceIndex. Kernels take it by value.
struct SurfaceIndex {
  const float* points;          // (N, 6) metres and unit normals, object frame
  const int *closest, *behind;  // (C,)
  float origin[3], cell;        // metres: centre of the first cell, and their side
  int last[3];                  // the last cell's place
  float centre[3], diameter;    // metres, of the object

  // The number of the cell nearest to a point; 0 for one that is not finite.
  OBJPOSE_HD int place(const float* point) const {
    int number = 0;
    for (int i = 0; i < 3; ++i) {
      const float steps = floor((point[i] - origin[i]) / cell + 0.5f), most = static_cast<float>(last[i]);
      const int whole = steps > 0 ? static_cast<int>(steps < most ? steps : most) : 0;
      number = number * (last[i] + 1) + whole;
    }
    return number;
  }
};

struct ScenePoints {
  const float *points, *normals;  // (count, 3) metres, camera frame; unit
  long long count;
};

// The object's frame as a camera's points are led into it.
struct ObjectFrame {
  float rotation[9], shift[3];  // obj_from_cam

  OBJPOSE_HD explicit ObjectFrame(const RigidPose& cam_from_obj) {
    for (int i = 0; i < 3; ++i) {
      double moved = 0;
      for (int j = 0; j < 3; ++j) {
        rotation[3 * i + j] = static_cast<float>(cam_from_obj.rotation[3 * j + i]);
        moved += cam_from_obj.rotation[3 * j + i] * cam_from_obj.translation[j];
      }
      shift[i] = static_cast<float>(-moved);
    }
  }

  OBJPOSE_HD void turn(const float* v, float* out) const {
    for (int i = 0; i < 3; ++i)
      out[i] = rotation[3 * i] * v[0] + rotation[3 * i + 1] * v[1] + rotation[3 * i + 2] * v[2];
  }
};

// A scene point in the object's frame, and the surface point that belongs to it.
struct MatchedPoint {
  float point[3];
  int match;
  bool faces;  // as the surface does there
  const float* surface;

  OBJPOSE_HD MatchedPoint(const SurfaceIndex& index, const ScenePoints& scene, const ObjectFrame& frame,
                          long long i) {
    float normal[3];
    frame.turn(scene.points + 3 * i, point);
    frame.turn(scene.normals + 3 * i, normal);
    for (int k = 0; k < 3; ++k) point[k] += frame.shift[k];
    const int place = index.place(point);
    find(index, index.closest[place], normal);
    // Walls are thin: else the closest of those that look away from that one.
    if (!faces) find(index, index.behind[place], normal);
  }

  OBJPOSE_HD void offset(float* out) const {
    for (int k = 0; k < 3; ++k) out[k] = point[k] - surface[k];
  }

 private:
  OBJPOSE_HD void find(const SurfaceIndex& index, int nearest, const float* normal) {
    match = nearest, surface = index.points + 6LL * nearest;
    faces = surface[3] * normal[0] + surface[4] * normal[1] + surface[5] * normal[2] > FACING;
  }
};

// 1 on the surface, 0 from `reach` metres on.
template <typename Number>
OBJPOSE_HD Number soft_inlier(const Number* offset, float reach) {
  const Number squared = offset[0] * offset[0] + offset[1] * offset[1] + offset[2] * offset[2];
  return larger(Same<Number>::as(1.0f) - (1 / (reach * reach)) * squared, Same<Number>::as(0.0f));
}

// Point to plane, by Tukey's weight. arm: from the object's centre in diameters: shifts and turns weigh
// alike.
template <typename Number>
OBJPOSE_HD void add_point(const Number* offset, const Number* normal, const Number* arm, Number faces,
                          float reach, NormalSums<Number>& sums) {
  const Number inside = soft_inlier(offset, reach), weight = faces * inside * inside;
  const Number residual = offset[0] * normal[0] + offset[1] * normal[1] + offset[2] * normal[2];
  const Number row[6] = {normal[0],
                         normal[1],
                         normal[2],
                         arm[1] * normal[2] - arm[2] * normal[1],
                         arm[2] * normal[0] - arm[0] * normal[2],
                         arm[0] * normal[1] - arm[1] * normal[0]};
  sums.add(row, weight, weight * residual);
}

// Moves a pose (wxyz_xyz) by the damped Gauss-Newton step, no longer than the reach its residuals were taken
// in; one without a finite step stays.
OBJPOSE_HD void step_on_surface(const NormalSums<float>& sums, const SurfaceIndex& index, float reach,
                                double* pose) {
  double A[6][6], b[6], step[6], mean = 0;
  for (int i = 0, k = 0; i < 6; ++i)
    for (int j = i; j < 6; ++j, ++k) A[i][j] = A[j][i] = sums.normal[k];
  for (int i = 0; i < 6; ++i) mean += A[i][i] / 6, b[i] = -sums.gradient[i];
  for (int i = 0; i < 6; ++i) A[i][i] += ICP_DAMPING * (mean > 1e-9 ? mean : 1e-9);
  if (!solve_symmetric(A, b, step)) return;
  const double shift = sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2]);
  const double turn = sqrt(step[3] * step[3] + step[4] * step[4] + step[5] * step[5]);
  const double length = shift > turn ? shift : turn, share = length > reach ? reach / length : 1.0;
  // The points move by the step, in the object's frame: the object by its inverse.
  double twist[6], centre[3], along[3];
  for (int i = 0; i < 3; ++i) {
    centre[i] = index.centre[i];
    twist[3 + i] = -share * step[3 + i] / index.diameter;
  }
  cross(twist + 3, centre, along);
  for (int i = 0; i < 3; ++i) twist[i] = -share * step[i] - along[i];
  const TwistMotion motion(twist);
  const RigidPose from(pose);
  const double *const a = pose, *const m = motion.wxyz;
  double moved[7] = {a[0] * m[0] - a[1] * m[1] - a[2] * m[2] - a[3] * m[3],
                     a[0] * m[1] + a[1] * m[0] + a[2] * m[3] - a[3] * m[2],
                     a[0] * m[2] - a[1] * m[3] + a[2] * m[0] + a[3] * m[1],
                     a[0] * m[3] + a[1] * m[2] - a[2] * m[1] + a[3] * m[0]};
  double sum = 0;
  for (int i = 0; i < 3; ++i)
    moved[4 + i] = a[4 + i] + from.rotation[3 * i] * motion.shift[0] +
                   from.rotation[3 * i + 1] * motion.shift[1] + from.rotation[3 * i + 2] * motion.shift[2];
  for (int i = 0; i < 7; ++i) sum += moved[i];
  if (!(fabs(sum) < 1e30)) return;
  for (int i = 0; i < 7; ++i) pose[i] = moved[i];
}

// How points that no residual may lie farther from the surface than are trimmed, step by step.
struct ReachSchedule {
  int steps;
  float start, end;  // metres

  OBJPOSE_HD float at(int step) const {
    const float progress = static_cast<float>(step) / static_cast<float>(steps > 1 ? steps - 1 : 1);
    return start * exp(progress * log(end / start));
  }
};

// A depth image that tells where surfaces cannot be.
struct DepthView {
  const float *depth, *K;  // (height, width) metres, 0 = missing; (3, 3)
  int height, width;
  float slack;  // metres by which depth must lie behind a point to refute it

  // Whether the sensor saw beyond a point of the object.
  OBJPOSE_HD bool refutes(const RigidPose& cam_from_obj, const float* point) const {
    double p[3];
    cam_from_obj.apply(point, p);
    if (!(p[2] > 0)) return false;
    const double u = (K[0] * p[0] + K[1] * p[1]) / p[2] + K[2], v = K[4] * p[1] / p[2] + K[5];
    const double column = floor(u + 0.5), row = floor(v + 0.5);
    if (!(column >= 0 && column < width && row >= 0 && row < height)) return false;
    return depth[static_cast<long long>(row) * width + static_cast<long long>(column)] > p[2] + slack;
  }
};

}  // namespace objpose
