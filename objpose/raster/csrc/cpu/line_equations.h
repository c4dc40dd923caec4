// What lines say of a pose: normal equations, and numbers that tell a good one from a bad one.
#pragma once

#include "cpu/clones.h"
#include "cpu/lanes.h"
#include "cpu/line_walk.h"
#include "shared/normal_sums.h"

namespace objpose {

// raster/lines/bundles.py, Lines.
struct Lines {
  const float *placement, *posterior;
  int positions;

  const float* placement_of(long long line) const { return placement + LINE_FIELDS * line; }
  const float* posterior_of(long long line) const { return posterior + positions * line; }
};

// A contour point where its pose has taken it since the look along its line.
struct MovedPoint {
  double p[3];  // camera frame
  double here;  // pixels along the line's normal from its centre

  MovedPoint(const float* point, const float* placement, const RigidPose& cam_from_obj, const Pinhole& K) {
    cam_from_obj.apply(point, p);
    const double depth = std::max(p[2], NEAREST);
    const double u = K.fx * p[0] / depth + K.cx, v = K.fy * p[1] / depth + K.cy;
    here = (u - placement[0]) * placement[2] + (v - placement[1]) * placement[3];
  }
};

// Sums over the positions of a line, weighted by the posterior and by how near they are: of 1, of the
// distance, and of its square.
struct NearSums {
  float total, distance, square;
};

struct SumNear {
  template <int W>
  OBJPOSE_HD static void run(const float* posterior, int positions, float first, float spacing, float sigma,
                             NearSums& sums) {
    constexpr float LOG2_E = 1.44269504f;
    float padded[MOST_POSITIONS], steps[MOST_LANES];
    const int count = (positions + W - 1) / W * W;
    for (int d = 0; d < positions; ++d) padded[d] = posterior[d];
    for (int d = positions; d < count; ++d) padded[d] = 0;
    for (int k = 0; k < W; ++k) steps[k] = first + spacing * k;
    const float steepness = -0.5f * LOG2_E / (sigma * sigma);
    Lanes<W> total = lanes<W>(0), moment = lanes<W>(0), square = lanes<W>(0);
    for (int d = 0; d < count; d += W) {
      const Lanes<W> distance = load_lanes<W>(steps) + lanes<W>(spacing * d);
      const Lanes<W> near = load_lanes<W>(padded + d) * exp2_below_1(steepness * (distance * distance));
      total = total + near, moment = moment + near * distance;
      square = square + near * distance * distance;
    }
    sums = {sum(total), sum(moment), sum(square)};
  }
};

// -log of the smoothed posterior at the outline's place, with a floor: nats.
inline double misfit(const NearSums& sums) { return -log((sums.total + OUTLIERS) / (1.0 + OUTLIERS)); }

inline NearSums sum_near(const Lines& lines, long long line, const MovedPoint& point, float sigma) {
  const float* const placement = lines.placement_of(line);
  NearSums sums;
  run_with_lanes<SumNear>(lines.posterior_of(line), lines.positions,
                          static_cast<float>(placement[4] - point.here), placement[5], sigma, sums);
  return sums;
}

using PoseSums = NormalSums<double>;

// Change of a point's place along a line's normal with the twist about `pivot`, camera frame.
inline void line_row(const float* placement, const double* p, const double* pivot, const Pinhole& K,
                     double* row) {
  const double inverse = 1 / std::max(p[2], NEAREST);
  const double x = placement[2] * K.fx * inverse, y = placement[3] * K.fy * inverse;
  const double z = -(x * p[0] + y * p[1]) * inverse;
  const double a = p[0] - pivot[0], b = p[1] - pivot[1], c = p[2] - pivot[2];
  const double entries[6] = {x, y, z, b * z - c * y, c * x - a * z, a * y - b * x};
  std::copy(entries, entries + 6, row);
}

inline void add_line(const float* placement, const NearSums& sums, const MovedPoint& point,
                     const double* pivot, const Pinhole& K, float sigma, PoseSums& out) {
  const double known = std::max(sums.total, 1e-30f), precision = 1.0 / (sigma * sigma);
  const double shift = sums.distance / known, spread = sums.square / known - shift * shift;
  const double weight = placement[6], share = weight * sums.total / (sums.total + OUTLIERS);
  out.cost += weight * misfit(sums);
  double row[6];
  line_row(placement, point.p, pivot, K, row);
  const double shape = std::max<double>(1 - spread * precision, SHALLOWEST);
  out.add(row, share * shape * precision, -share * shift * precision);
}

inline void pose_equations(const Lines& lines, const Outline& outline, int pose,
                           const RigidPose& cam_from_obj, const Pinhole& K, const double* pivot, float sigma,
                           PoseSums& out) {
  for (int i = 0; i < outline.count; ++i) {
    const long long line = outline.line(pose, i);
    const float* const placement = lines.placement_of(line);
    if (placement[5] <= 0) continue;
    const MovedPoint point(outline.points + 3 * outline.point(pose, i), placement, cam_from_obj, K);
    if (point.p[2] <= NEAREST) continue;
    add_line(placement, sum_near(lines, line, point, sigma), point, pivot, K, sigma, out);
  }
}

}  // namespace objpose
