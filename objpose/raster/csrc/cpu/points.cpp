// Surface points and patches on the CPU, behind the C ABI of abi.h: shapes and units are those of
// points/stages.py. As those of lines, each call works on one thread and allocates nothing.
#include "cpu/abi.h"
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
