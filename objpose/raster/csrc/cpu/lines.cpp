// Correspondence lines on the CPU, behind the C ABI of abi.h: shapes and units are those of lines/stages.py.
// Each call works on one thread and allocates nothing: objects are what a tracker shares out.
#include "cpu/abi.h"
#include "cpu/line_colors.h"
#include "cpu/line_equations.h"
#include "cpu/line_profile.h"
#include "cpu/line_statistics.h"
#include "shared/pose_step.h"

using namespace objpose;

namespace {

void require_positions(int positions) {
  if (positions < 2 || positions > MOST_POSITIONS)
    throw std::runtime_error(std::to_string(positions) + " positions a line, expected 2 to " +
                             std::to_string(MOST_POSITIONS));
}

// Longer segments would multiply more chances than a float holds.
constexpr int MOST_SCALE = 32;

void require_scale(int scale) {
  if (scale < 1 || scale > MOST_SCALE)
    throw std::runtime_error("a scale of " + std::to_string(scale) + " pixels, expected 1 to " +
                             std::to_string(MOST_SCALE));
}

// Calls use(pose, cam_from_obj) for each of the poses (count, 7).
template <typename Use>
void for_each_pose(const float* poses, long long count, const Use& use) {
  for (int pose = 0; pose < count; ++pose) use(pose, RigidPose(poses + 7 * pose));
}

}  // namespace

#define OBJPOSE_OUTLINE                                                                         \
  const float *points, const float *normals, const float *reach, const int *view,               \
      const unsigned char *usable, long long count, const float *cam_from_obj, long long poses, \
      const float *K

OBJPOSE_API int objpose_nearest_views(const float* directions, long long views, const float* centre,
                                      const float* cam_from_obj, long long poses, int* view) {
  return guarded([&] {
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      double pivot[3], towards[3];
      of.apply(centre, pivot);
      for (int k = 0; k < 3; ++k)
        towards[k] =
            -(of.rotation[k] * pivot[0] + of.rotation[3 + k] * pivot[1] + of.rotation[6 + k] * pivot[2]);
      double most = -1e300;
      for (long long i = 0; i < views; ++i) {
        const float* const d = directions + 3 * i;
        const double along = d[0] * towards[0] + d[1] * towards[1] + d[2] * towards[2];
        if (along > most) most = along, view[pose] = static_cast<int>(i);
      }
    });
  });
}

OBJPOSE_API int objpose_count_colors(const unsigned char* rgb, long long height, long long width,
                                     OBJPOSE_OUTLINE, int* counts) {
  return guarded([&] {
    const Image image = {rgb, static_cast<int>(height), static_cast<int>(width)};
    const Outline outline = {points, normals, reach, view, usable, static_cast<int>(count)};
    const Pinhole camera(K);
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      for (int i = 0; i < count; ++i) {
        const Crossing line(outline, pose, i, of, camera, image);
        if (line.is_seen) count_line(line, image, counts);
      }
    });
  });
}

OBJPOSE_API int objpose_blend_colors(const int* counts, float rate, float* histograms, float* table,
                                     float* smoothed, double* contrast) {
  return guarded([&] {
    for (int side = 0; side < 2; ++side) {
      draw_histogram(counts + side * COLORS, rate, histograms + side * COLORS);
      std::copy_n(histograms + side * COLORS, COLORS, smoothed + side * COLORS);
      smooth_colors(smoothed + side * COLORS);
    }
    *contrast = 1 - compare_colors(smoothed, smoothed + COLORS, table);
  });
}

OBJPOSE_API int objpose_line_profiles(const unsigned char* rgb, long long height, long long width,
                                      const float* table, OBJPOSE_OUTLINE, int scale, float* placement,
                                      float* posterior, long long positions) {
  return guarded([&] {
    require_positions(static_cast<int>(positions));
    require_scale(scale);
    const Image image = {rgb, static_cast<int>(height), static_cast<int>(width)};
    const Outline outline = {points, normals, reach, view, usable, static_cast<int>(count)};
    const Pinhole camera(K);
    const Edge edge;
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      for (int i = 0; i < count; ++i) {
        const long long at = outline.line(pose, i);
        const Crossing line(outline, pose, i, of, camera, image);
        profile_line(line, image, table, edge, scale, static_cast<int>(positions),
                     placement + LINE_FIELDS * at, posterior + positions * at);
      }
    });
  });
}

OBJPOSE_API int objpose_line_equations(const float* placement, const float* posterior, long long positions,
                                       OBJPOSE_OUTLINE, const float* centre, float sigma, float* normal,
                                       float* gradient, float* cost) {
  return guarded([&] {
    require_positions(static_cast<int>(positions));
    const Lines lines = {placement, posterior, static_cast<int>(positions)};
    const Outline outline = {points, normals, reach, view, usable, static_cast<int>(count)};
    const Pinhole camera(K);
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      double pivot[3];
      of.apply(centre, pivot);
      PoseSums sums;
      pose_equations(lines, outline, pose, of, camera, pivot, sigma, sums);
      sums.write(normal + 36 * pose, gradient + 6 * pose, cost + pose);
    });
  });
}

OBJPOSE_API int objpose_line_statistics(const float* placement, const float* posterior, long long positions,
                                        OBJPOSE_OUTLINE, float width, float* numbers) {
  return guarded([&] {
    const Lines lines = {placement, posterior, static_cast<int>(positions)};
    const Outline outline = {points, normals, reach, view, usable, static_cast<int>(count)};
    const Pinhole camera(K);
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      pose_statistics(lines, outline, pose, of, camera, width, numbers + LINE_NUMBERS * pose);
    });
  });
}

OBJPOSE_API int objpose_move_poses(const float* cam_from_obj, long long poses, const float* centre,
                                   const float* normal, const float* gradient, const float* K, double radius,
                                   double shift_damping, double turn_damping, float* out) {
  return guarded([&] {
    for_each_pose(cam_from_obj, poses, [&](int pose, const RigidPose& of) {
      double pivot[3], A[6][6], b[6], step[6];
      of.apply(centre, pivot);
      const double pixels = K[0] / std::max(pivot[2], NEAREST);  // a metre
      for (int i = 0; i < 6; ++i) {
        b[i] = -gradient[6 * pose + i];
        for (int j = 0; j < 6; ++j) A[i][j] = normal[36 * pose + 6 * i + j];
        A[i][i] += (i < 3 ? shift_damping : turn_damping * radius * radius) * pixels * pixels;
      }
      const float* const from = cam_from_obj + 7 * pose;
      if (!solve_symmetric(A, b, step) || !move_about(from, pivot, step, out + 7 * pose))
        std::copy(from, from + 7, out + 7 * pose);
    });
  });
}
