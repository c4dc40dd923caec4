// A pinhole camera that looks at splats, and the splats it looks at.
#pragma once

#include "shared/splat_constants.h"
#include "shared/splat_vector.h"

namespace objpose {

struct SplatCamera {
  double cam_from_world[12];  // 3x4 row-major; points are moved in double, like those of meshes
  Mat3f rotation;
  float fx, skew, fy, cx, cy;
  float low_x, high_x, low_y, high_y;  // of x/z and y/z, where the perspective is linearised
  float width, height, near_depth;
};

OBJPOSE_HD Mat3f rotation_part(const double* m) {
  return {{static_cast<float>(m[0]), static_cast<float>(m[1]), static_cast<float>(m[2])},
          {static_cast<float>(m[4]), static_cast<float>(m[5]), static_cast<float>(m[6])},
          {static_cast<float>(m[8]), static_cast<float>(m[9]), static_cast<float>(m[10])}};
}

OBJPOSE_HD float clamp_low(float size, float centre, float focal) {
  const float slope = (-CLAMP_MARGIN * size - centre) / focal;
  return slope < -CLAMP_SLOPE ? slope : -CLAMP_SLOPE;
}
OBJPOSE_HD float clamp_high(float size, float centre, float focal) {
  const float slope = ((1.0f + CLAMP_MARGIN) * size - centre) / focal;
  return slope > CLAMP_SLOPE ? slope : CLAMP_SLOPE;
}

// K: 3x3 row-major.
OBJPOSE_HD SplatCamera make_splat_camera(const double* cam_from_world, const double* K, int width, int height,
                                         double near_depth) {
  SplatCamera camera;
  for (int i = 0; i < 12; ++i) camera.cam_from_world[i] = cam_from_world[i];
  camera.rotation = rotation_part(cam_from_world);
  camera.fx = static_cast<float>(K[0]), camera.skew = static_cast<float>(K[1]);
  camera.fy = static_cast<float>(K[4]);
  camera.cx = static_cast<float>(K[2]), camera.cy = static_cast<float>(K[5]);
  camera.width = static_cast<float>(width), camera.height = static_cast<float>(height);
  camera.low_x = clamp_low(camera.width, camera.cx, camera.fx);
  camera.high_x = clamp_high(camera.width, camera.cx, camera.fx);
  camera.low_y = clamp_low(camera.height, camera.cy, camera.fy);
  camera.high_y = clamp_high(camera.height, camera.cy, camera.fy);
  camera.near_depth = static_cast<float>(near_depth);
  return camera;
}

OBJPOSE_HD Vec3f to_splat_camera(const SplatCamera& camera, Vec3f point) {
  const double* m = camera.cam_from_world;
  const double x = point.x, y = point.y, z = point.z;
  return {static_cast<float>(m[0] * x + m[1] * y + m[2] * z + m[3]),
          static_cast<float>(m[4] * x + m[5] * y + m[6] * z + m[7]),
          static_cast<float>(m[8] * x + m[9] * y + m[10] * z + m[11])};
}

// The camera's centre in the world.
OBJPOSE_HD Vec3f centre_of(const double* m) {
  return {static_cast<float>(-(m[0] * m[3] + m[4] * m[7] + m[8] * m[11])),
          static_cast<float>(-(m[1] * m[3] + m[5] * m[7] + m[9] * m[11])),
          static_cast<float>(-(m[2] * m[3] + m[6] * m[7] + m[10] * m[11]))};
}

// Arrays (count, ...) of the splats in the world.
struct SplatArrays {
  const float* means;      // (count, 3)
  const float* wxyz;       // (count, 4), of any length but 0
  const float* scales;     // (count, 3)
  const float* opacities;  // (count,)
  long long count;
};

struct Splat {
  Vec3f mean, scales;
  float w, x, y, z;  // of length 1
  float inverse_norm;
  float opacity;
};

OBJPOSE_HD Splat load_splat(const SplatArrays& splats, long long i) {
  const float* q = splats.wxyz + 4 * i;
  const float norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  const float inverse = 1.0f / (norm > 1e-12f ? norm : 1e-12f);
  return {load3(splats.means + 3 * i),
          load3(splats.scales + 3 * i),
          inverse * q[0],
          inverse * q[1],
          inverse * q[2],
          inverse * q[3],
          inverse,
          splats.opacities[i]};
}

OBJPOSE_HD Mat3f rotation_of(const Splat& s) {
  return {
      {1.0f - 2.0f * (s.y * s.y + s.z * s.z), 2.0f * (s.x * s.y - s.w * s.z), 2.0f * (s.x * s.z + s.w * s.y)},
      {2.0f * (s.x * s.y + s.w * s.z), 1.0f - 2.0f * (s.x * s.x + s.z * s.z), 2.0f * (s.y * s.z - s.w * s.x)},
      {2.0f * (s.x * s.z - s.w * s.y), 2.0f * (s.y * s.z + s.w * s.x),
       1.0f - 2.0f * (s.x * s.x + s.y * s.y)}};
}

}  // namespace objpose
