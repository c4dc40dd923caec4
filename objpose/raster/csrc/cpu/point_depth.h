// Surface points against measured depth. Set up in double, as the lines are; distances in float.
#pragma once

#include "cpu/clones.h"
#include "cpu/line_equations.h"
#include "shared/point_constants.h"

namespace objpose {

struct DepthImage {
  const float* depth;  // (height, width) metres, 0 = missing
  int height, width;
};

// Pixels of a square about a place in the image, `stride` apart, cut off where the image ends: 3 x 3 at least.
struct Square {
  int stride, first_column, last_column, first_row, last_row;

  Square(int column, int row, double radius, int most, const DepthImage& image) {
    radius = std::min(std::max(0.0, radius), 1e9);  // what an int holds; NaN becomes 0
    stride = std::max(1, static_cast<int>(floor(radius / most + 0.5)));
    const int steps = std::min(most, std::max(1, static_cast<int>(radius / stride)));
    first_column = column - stride * std::min(steps, column / stride);
    first_row = row - stride * std::min(steps, row / stride);
    last_column = std::min(column + stride * steps, image.width - 1);
    last_row = std::min(row + stride * steps, image.height - 1);
  }
};

// A point of the object in the camera's frame, and the pixel that it lies in.
struct PosedPoint {
  double p[3];
  int column, row;
  bool is_inside;  // in front of the camera and in the image

  PosedPoint(const float* point, const RigidPose& cam_from_obj, const Pinhole& K, const DepthImage& image) {
    cam_from_obj.apply(point, p);
    is_inside = p[2] > NEAREST;
    if (!is_inside) return;
    const double u = K.fx * p[0] / p[2] + K.cx, v = K.fy * p[1] / p[2] + K.cy;
    is_inside = u >= -0.5 && u < image.width - 0.5 && v >= -0.5 && v < image.height - 0.5;
    if (!is_inside) return;
    column = static_cast<int>(floor(u + 0.5)), row = static_cast<int>(floor(v + 0.5));
  }
};

// The least depth measured in a square; infinite where there is none.
OBJPOSE_CLONES
static float least_depth(const DepthImage& image, const Square& square) {
  float least = INFINITY;
  for (int row = square.first_row; row <= square.last_row; row += square.stride)
    for (int column = square.first_column; column <= square.last_column; column += square.stride) {
      const float z = image.depth[static_cast<long long>(row) * image.width + column];
      least = z > 0 && z < least ? z : least;
    }
  return least;
}

// What was measured nearest to a point.
struct NearestMeasured {
  float squared = INFINITY;  // distance, metres
  float q[3] = {};
};

OBJPOSE_CLONES
static void find_nearest(const DepthImage& image, const Square& square, const Pinhole& K, const double* point,
                         NearestMeasured& found) {
  const float p[3] = {static_cast<float>(point[0]), static_cast<float>(point[1]), static_cast<float>(point[2])};
  const float fx = static_cast<float>(1 / K.fx), fy = static_cast<float>(1 / K.fy);
  const float cx = static_cast<float>(K.cx), cy = static_cast<float>(K.cy);
  for (int row = square.first_row; row <= square.last_row; row += square.stride) {
    const float* const line = image.depth + static_cast<long long>(row) * image.width;
    const float slope = (row - cy) * fy;
    for (int column = square.first_column; column <= square.last_column; column += square.stride) {
      const float z = line[column], x = (column - cx) * fx * z, y = slope * z;
      const float a = x - p[0], b = y - p[1], c = z - p[2];
      const float squared = a * a + b * b + c * c;
      if (z > 0 && squared < found.squared) found = {squared, {x, y, z}};
    }
  }
}

// How points are compared with measured depth; metres, but for noise: a standard deviation by squared depth.
struct DepthMatching {
  float radius, sigma, noise, margin;

  double deviation(double z) const { return sqrt(double(sigma) * sigma + noise * noise * z * z * z * z); }
};

enum PointSight { FOUND, HIDDEN, MISSING, CONTRADICTED };

inline PointSight sight_of(const PosedPoint& point, const DepthImage& image, const Pinhole& K,
                           const DepthMatching& matching, NearestMeasured& nearest) {
  const double radius = matching.radius * K.fx / point.p[2];
  const Square beside(point.column, point.row, radius / SURFACE_STEPS, 1, image);
  const double least = least_depth(image, beside);
  const double slack = matching.margin + DEPTH_REACH * matching.noise * point.p[2] * point.p[2];
  if (least < point.p[2] - slack) return HIDDEN;
  find_nearest(image, Square(point.column, point.row, radius, SURFACE_STEPS, image), K, point.p, nearest);
  const double reach = std::max<double>(matching.radius, point.p[2] / K.fx);  // a pixel at least
  if (nearest.squared <= reach * reach) return FOUND;
  if (!(least < INFINITY)) return MISSING;
  return least < point.p[2] ? HIDDEN : CONTRADICTED;
}

// A point's distance from the plane through what was measured, along the point's normal; moving with the twist
// about `pivot` the normal turns too, so that its arm is that of what was measured.
inline void add_surface(const PosedPoint& point, const double* n, const NearestMeasured& nearest,
                        const double* pivot, double deviation, PoseSums& out) {
  const float* const q = nearest.q;
  const double a = q[0] - pivot[0], b = q[1] - pivot[1], c = q[2] - pivot[2];
  const double row[6] = {n[0], n[1], n[2], b * n[2] - c * n[1], c * n[0] - a * n[2], a * n[1] - b * n[0]};
  const double residual =
      n[0] * (point.p[0] - q[0]) + n[1] * (point.p[1] - q[1]) + n[2] * (point.p[2] - q[2]);
  const double relative = residual / deviation, reach = DEPTH_REACH;
  const double inside = std::max(0.0, 1 - relative * relative / (reach * reach));
  const double share = inside * inside / (deviation * deviation);
  out.cost += reach * reach / 6 * (1 - inside * inside * inside);
  out.add(row, share, share * residual);
}

// Points and normals of one view of an object.
struct SurfaceView {
  const float *points, *normals;
  long long count;
};

inline void depth_equations(const DepthImage& image, const Pinhole& K, const SurfaceView& view,
                            const RigidPose& cam_from_obj, const double* pivot,
                            const DepthMatching& matching, PoseSums& out, int* counts) {
  std::fill_n(counts, POINT_COUNTS, 0);
  for (long long i = 0; i < view.count; ++i) {
    const PosedPoint point(view.points + 3 * i, cam_from_obj, K, image);
    if (!point.is_inside) continue;
    double n[3];
    cam_from_obj.turn(view.normals + 3 * i, n);
    if (n[0] * point.p[0] + n[1] * point.p[1] + n[2] * point.p[2] >= 0) continue;  // turned away
    NearestMeasured nearest;
    const PointSight sight = sight_of(point, image, K, matching, nearest);
    ++counts[sight];
    if (sight == FOUND) add_surface(point, n, nearest, pivot, matching.deviation(point.p[2]), out);
  }
}

}  // namespace objpose
