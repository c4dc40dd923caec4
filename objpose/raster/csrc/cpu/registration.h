// Registration of a pose at a time: look-ups one by one, sums of as many points together as a register holds.
#pragma once

#include <vector>

#include "cpu/clones.h"
#include "cpu/lanes_number.h"
#include "shared/registration.h"

namespace objpose {

// What a thread keeps of a pose's points: offset, normal, arm, and whether they face as the surface does.
class MatchPlanes {
 public:
  explicit MatchPlanes(long long count)
      : step_((count + MOST_LANES - 1) / MOST_LANES * MOST_LANES), values_(10 * step_) {}

  long long step() const { return step_; }
  float* plane(int i) { return values_.data() + i * step_; }

 private:
  long long step_;
  std::vector<float> values_;
};

OBJPOSE_CLONES
static void match_points(const SurfaceIndex& index, const ScenePoints& scene, const double* pose,
                         MatchPlanes& planes) {
  const ObjectFrame frame{RigidPose(pose)};
  const float inverse = 1 / index.diameter;
  for (long long i = 0; i < scene.count; ++i) {
    const MatchedPoint matched(index, scene, frame, i);
    float offset[3];
    matched.offset(offset);
    for (int k = 0; k < 3; ++k) {
      planes.plane(k)[i] = offset[k];
      planes.plane(3 + k)[i] = matched.surface[3 + k];
      planes.plane(6 + k)[i] = (matched.point[k] - index.centre[k]) * inverse;
    }
    planes.plane(9)[i] = matched.faces ? 1.0f : 0.0f;
  }
}

struct SumPoints {
  template <int W>
  OBJPOSE_HD static void run(MatchPlanes& planes, float reach, NormalSums<float>& sums) {
    NormalSums<Lanes<W>> parts;
    for (long long i = 0; i < planes.step(); i += W) {
      Lanes<W> values[9];
      for (int k = 0; k < 9; ++k) values[k] = load_lanes<W>(planes.plane(k) + i);
      add_point(values, values + 3, values + 6, load_lanes<W>(planes.plane(9) + i), reach, parts);
    }
    sums = sum(parts);
  }
};

inline void register_pose(const SurfaceIndex& index, const ScenePoints& scene, const ReachSchedule& reaches,
                          const float* from, MatchPlanes& planes, float* to) {
  double pose[7];
  for (int i = 0; i < 7; ++i) pose[i] = from[i];
  for (int step = 0; step < reaches.steps; ++step) {
    const float reach = reaches.at(step);
    NormalSums<float> sums;
    match_points(index, scene, pose, planes);
    run_with_lanes<SumPoints>(planes, reach, sums);
    step_on_surface(sums, index, reach, pose);
  }
  for (int i = 0; i < 7; ++i) to[i] = static_cast<float>(pose[i]);
}

// Mean over the points of their agreement with the posed surface. similarity: (count, surface points) or
// null.
OBJPOSE_CLONES
static float surface_agreement(const SurfaceIndex& index, const ScenePoints& scene, const float* pose,
                               float most, const float* similarity, long long surface_count) {
  const ObjectFrame frame{RigidPose(pose)};
  double total = 0;
  for (long long i = 0; i < scene.count; ++i) {
    const MatchedPoint matched(index, scene, frame, i);
    if (!matched.faces) continue;
    float offset[3];
    matched.offset(offset);
    const float agreement = soft_inlier(offset, most);
    total += similarity == nullptr ? agreement : agreement * similarity[surface_count * i + matched.match];
  }
  return static_cast<float>(total / static_cast<double>(scene.count > 1 ? scene.count : 1));
}

}  // namespace objpose
