// Numbers that tell lines of a good pose from those of a bad one.
#pragma once

#include "cpu/line_equations.h"

namespace objpose {

struct PosteriorShape {
  float entropy = 0, mean = 0, square = 0;  // nats; of the position's number
  int likeliest = 0;

  PosteriorShape(const float* posterior, int positions) {
    for (int d = 0; d < positions; ++d) {
      const float p = posterior[d];
      if (p > 0) entropy -= p * logf(p);
      mean += p * d, square += p * d * d;
      if (p > posterior[likeliest]) likeliest = d;
    }
  }
};

// numbers: raster/lines/bundles.py, LineStatistics.
inline void pose_statistics(const Lines& lines, const Outline& outline, int pose,
                            const RigidPose& cam_from_obj, const Pinhole& K, float width, float* numbers) {
  double entropy = 0, deviation = 0, square = 0, cost = 0;
  int usable = 0, valid = 0, agreeing = 0;
  for (int i = 0; i < outline.count; ++i) {
    const long long line = outline.line(pose, i);
    usable += outline.usable[line];
    const float* const placement = lines.placement_of(line);
    const double first = placement[4], spacing = placement[5];
    if (spacing <= 0) continue;
    ++valid;
    const PosteriorShape shape(lines.posterior_of(line), lines.positions);
    entropy += shape.entropy / log(lines.positions);
    deviation += spacing * sqrt(std::max(0.0f, shape.square - shape.mean * shape.mean));
    const MovedPoint point(outline.points + 3 * outline.point(pose, i), placement, cam_from_obj, K);
    if (point.p[2] > NEAREST) cost += misfit(sum_near(lines, line, point, width));
    const double distance = first + shape.likeliest * spacing - point.here;
    if (fabs(distance) > width) continue;
    ++agreeing;
    square += distance * distance;
  }
  const double count = std::max(valid, 1);
  const double found[LINE_NUMBERS] = {
      valid / std::max<double>(usable, 1),  entropy / count, deviation / count, agreeing / count,
      sqrt(square / std::max(agreeing, 1)), cost / count};
  for (int k = 0; k < LINE_NUMBERS; ++k) numbers[k] = static_cast<float>(found[k]);
}

}  // namespace objpose
