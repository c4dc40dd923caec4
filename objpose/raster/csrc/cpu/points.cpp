// Surface points and patches on the CPU, behind the C ABI of abi.h: shapes and units are those of
// points/stages.py. As those of lines, each call works on one thread and allocates nothing.
#include "cpu/abi.h"
#include "cpu/patches.h"
#include "cpu/point_depth.h"

using namespace objpose;

OBJPOSE_API int objpose_depth_equations(const float* depth, long long height, long long width, const float* K,
                                        const float* points, const float* normals, const int* view,
                                        long long count, const float* cam_from_obj, long long poses,
                                        const float* centre, float radius, float sigma, float noise,
                                        float margin, float* normal, float* gradient, float* cost, int* counts) {
  return guarded([&] {
    const DepthImage image = {depth, static_cast<int>(height), static_cast<int>(width)};
    const Pinhole camera(K);
    for (long long pose = 0; pose < poses; ++pose) {
      const RigidPose of(cam_from_obj + 7 * pose);
      double pivot[3];
      of.apply(centre, pivot);
      const long long first = 3 * count * view[pose];
      PoseSums sums;
      depth_equations(image, camera, {points + first, normals + first, count}, of, pivot,
                      {radius, sigma, noise, margin}, sums, counts + POINT_COUNTS * pose);
      sums.write(normal + 36 * pose, gradient + 6 * pose, cost + pose);
    }
  });
}

OBJPOSE_API int objpose_clear_hidden(const float* depth, long long height, long long width, const float* K,
                                     const float* points, const float* front, const int* view, long long count,
                                     const float* cam_from_obj, long long poses, float margin, float noise,
                                     float radius, unsigned char* usable) {
  return guarded([&] {
    const DepthImage image = {depth, static_cast<int>(height), static_cast<int>(width)};
    const Pinhole camera(K);
    for (long long pose = 0; pose < poses; ++pose) {
      const RigidPose of(cam_from_obj + 7 * pose);
      for (long long i = 0; i < count; ++i) {
        const long long at = count * view[pose] + i;
        const PosedPoint point(points + 3 * at, of, camera, image);
        if (!point.is_inside) continue;
        const double z = point.p[2], pixels = radius * camera.fx / z;
        const float least = least_depth(image, Square(point.column, point.row, pixels, HIDING_STEPS, image));
        if (least < z - front[at] - margin - DEPTH_REACH * noise * z * z) usable[count * pose + i] = 0;
      }
    }
  });
}

// levels: images one after the other, each half as wide and high as the one before.
OBJPOSE_API int objpose_grey_pyramid(const unsigned char* rgb, long long width, long long left, long long top,
                                     long long part_width, long long part_height, long long levels,
                                     float* grey) {
  return guarded([&] {
    for (long long row = 0; row < part_height; ++row)
      grey_row(rgb + 3 * ((top + row) * width + left), static_cast<int>(part_width), grey + row * part_width);
    GreyLevel level = {grey, static_cast<int>(part_height), static_cast<int>(part_width)};
    for (long long i = 1; i < levels; ++i) {
      float* const next = grey += static_cast<long long>(level.height) * level.width;
      halve_grey(level, next);
      level = {next, level.height / 2, level.width / 2};
    }
  });
}

// left, top: of the pyramid's part in the image; scale: pixels of the image to one of this level.
OBJPOSE_API int objpose_patch_equations(const float* grey, long long height, long long width, long long left,
                                        long long top, long long scale, const float* K, const float* points,
                                        const float* values, const float* normals, const unsigned char* usable,
                                        long long count, const float* cam_from_obj, long long poses,
                                        const float* centre, float sigma, float* normal, float* gradient,
                                        float* cost, int* counts, float* rms) {
  return guarded([&] {
    const GreyLevel image = {grey, static_cast<int>(height), static_cast<int>(width)};
    const PatchSet patches = {points, values, normals, usable, count};
    const Pinhole full(K);
    PatchCamera camera;
    camera.fx = static_cast<float>(full.fx / scale), camera.fy = static_cast<float>(full.fy / scale);
    camera.cx = static_cast<float>((full.cx - left + 0.5) / scale - 0.5);
    camera.cy = static_cast<float>((full.cy - top + 0.5) / scale - 0.5);
    for (long long pose = 0; pose < poses; ++pose) {
      const RigidPose of(cam_from_obj + 7 * pose);
      double pivot[3];
      of.apply(centre, pivot);
      std::copy_n(of.rotation, 9, camera.rotation);
      std::copy_n(of.translation, 3, camera.translation);
      std::copy_n(pivot, 3, camera.pivot);
      PoseSums sums;
      std::fill_n(counts + 2 * pose, 2, 0);
      compare_patches(image, camera, patches, sigma, sums, counts + 2 * pose, rms + count * pose);
      sums.write(normal + 36 * pose, gradient + 6 * pose, cost + pose);
    }
  });
}
