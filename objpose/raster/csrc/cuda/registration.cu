// Registration: one warp a pose, whose threads take every so many-th point; all of its steps in one launch.
#include "cuda/threads.h"
#include "shared/registration.h"

using namespace objpose;

namespace {

__device__ long long warp_index() { return thread_index() / WARP; }

__device__ NormalSums<float> sum_points(const SurfaceIndex& index, const ScenePoints& scene,
                                        const double* pose, float reach) {
  const ObjectFrame frame{RigidPose(pose)};
  NormalSums<float> sums;
  for (long long i = lane_index(); i < scene.count; i += WARP) {
    const MatchedPoint matched(index, scene, frame, i);
    float offset[3], arm[3];
    matched.offset(offset);
    for (int k = 0; k < 3; ++k) arm[k] = (matched.point[k] - index.centre[k]) / index.diameter;
    add_point(offset, matched.surface + 3, arm, matched.faces ? 1.0f : 0.0f, reach, sums);
  }
  for (int i = 0; i < 21; ++i) sums.normal[i] = warp_sum(sums.normal[i]);
  for (int i = 0; i < 6; ++i) sums.gradient[i] = warp_sum(sums.gradient[i]);
  return sums;
}

}  // namespace

// Every thread of a warp takes the same step: the others would wait for one that does it alone.
extern "C" __global__ void register_points(SurfaceIndex index, const float* points, const float* normals,
                                           long long count, const float* cam_from_obj, long long poses,
                                           int steps, float start, float end, float* out) {
  const long long pose = warp_index();
  if (pose >= poses) return;
  const ReachSchedule reaches = {steps, start, end};
  double here[7];
  for (int i = 0; i < 7; ++i) here[i] = cam_from_obj[7 * pose + i];
  for (int step = 0; step < steps; ++step)
    step_on_surface(sum_points(index, {points, normals, count}, here, reaches.at(step)), index,
                    reaches.at(step), here);
  if (lane_index() == 0)
    for (int i = 0; i < 7; ++i) out[7 * pose + i] = static_cast<float>(here[i]);
}

// similarity: (count, surface_count), or null.
extern "C" __global__ void surface_agreement(SurfaceIndex index, const float* points, const float* normals,
                                             long long count, const float* cam_from_obj, long long poses,
                                             float most, const float* similarity, long long surface_count,
                                             float* out) {
  const long long pose = warp_index();
  if (pose >= poses) return;
  const ScenePoints scene = {points, normals, count};
  const ObjectFrame frame{RigidPose(cam_from_obj + 7 * pose)};
  float total = 0;
  for (long long i = lane_index(); i < count; i += WARP) {
    const MatchedPoint matched(index, scene, frame, i);
    float offset[3];
    matched.offset(offset);
    const float agreement = matched.faces ? soft_inlier(offset, most) : 0.0f;
    total += similarity == nullptr ? agreement : agreement * similarity[surface_count * i + matched.match];
  }
  total = warp_sum(total);
  if (lane_index() == 0) out[pose] = total / static_cast<float>(count > 1 ? count : 1);
}

extern "C" __global__ void seen_through(const float* depth, const float* K, int height, int width,
                                        float slack, const float* probes, long long count,
                                        const float* cam_from_obj, long long poses, float* out) {
  const long long pose = warp_index();
  if (pose >= poses) return;
  const DepthView view = {depth, K, height, width, slack};
  const RigidPose of(cam_from_obj + 7 * pose);
  float refuted = 0;
  for (long long i = lane_index(); i < count; i += WARP)
    refuted += view.refutes(of, probes + 3 * i) ? 1.0f : 0.0f;
  refuted = warp_sum(refuted);
  if (lane_index() == 0) out[pose] = refuted / static_cast<float>(count > 1 ? count : 1);
}
