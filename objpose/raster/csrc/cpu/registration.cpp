// Registration on the CPU, behind the C ABI of abi.h: shapes and units are those of registration/stages.py.
#include "cpu/registration.h"

#include "cpu/abi.h"
#include "cpu/parallel.h"

using namespace objpose;

namespace {

// grid: origin, cell, last, centre, diameter, as SurfaceIndex has them.
SurfaceIndex surface_index(const float* points, const int* closest, const int* behind, const float* grid) {
  SurfaceIndex index = {points, closest, behind, {grid[0], grid[1], grid[2]}, grid[3], {}, {}, grid[10]};
  for (int i = 0; i < 3; ++i) index.last[i] = static_cast<int>(grid[4 + i]), index.centre[i] = grid[7 + i];
  return index;
}

// Poses that a thread takes at a time: more work than the taking costs.
constexpr long long POSE_CHUNK = 8;

// Calls make_use() once a thread, and what it returns for each pose.
template <typename MakeUse>
void for_each_pose(long long poses, int threads, const MakeUse& make_use) {
  parallel_for((poses + POSE_CHUNK - 1) / POSE_CHUNK, threads, [&] {
    return [&, use = make_use()](long long chunk) mutable {
      const long long stop = std::min(poses, POSE_CHUNK * (chunk + 1));
      for (long long pose = POSE_CHUNK * chunk; pose < stop; ++pose) use(pose);
    };
  });
}

}  // namespace

#define OBJPOSE_SURFACE                                                                              \
  const float *points, const int *closest, const int *behind, const float *grid, const float *scene, \
      const float *scene_normals, long long count, const float *cam_from_obj, long long poses

OBJPOSE_API int objpose_register_points(OBJPOSE_SURFACE, long long steps, float start, float end, int threads,
                                        float* out) {
  return guarded([&] {
    const SurfaceIndex index = surface_index(points, closest, behind, grid);
    const ScenePoints of_scene = {scene, scene_normals, count};
    const ReachSchedule reaches = {static_cast<int>(steps), start, end};
    for_each_pose(poses, threads, [&] {
      return [&, planes = MatchPlanes(count)](long long pose) mutable {
        register_pose(index, of_scene, reaches, cam_from_obj + 7 * pose, planes, out + 7 * pose);
      };
    });
  });
}

// similarity: (count, surface_count), or null.
OBJPOSE_API int objpose_surface_agreement(OBJPOSE_SURFACE, float most, const float* similarity,
                                          long long surface_count, int threads, float* out) {
  return guarded([&] {
    const SurfaceIndex index = surface_index(points, closest, behind, grid);
    const ScenePoints of_scene = {scene, scene_normals, count};
    for_each_pose(poses, threads, [&] {
      return [&](long long pose) {
        out[pose] =
            surface_agreement(index, of_scene, cam_from_obj + 7 * pose, most, similarity, surface_count);
      };
    });
  });
}

OBJPOSE_API int objpose_seen_through(const float* depth, long long height, long long width, const float* K,
                                     const float* probes, long long count, const float* cam_from_obj,
                                     long long poses, float slack, int threads, float* out) {
  return guarded([&] {
    const DepthView view = {depth, K, static_cast<int>(height), static_cast<int>(width), slack};
    for_each_pose(poses, threads, [&] {
      return [&](long long pose) {
        const RigidPose of(cam_from_obj + 7 * pose);
        long long refuted = 0;
        for (long long i = 0; i < count; ++i) refuted += view.refutes(of, probes + 3 * i);
        out[pose] = static_cast<float>(refuted) / static_cast<float>(std::max(count, 1LL));
      };
    });
  });
}
