// Ranges of splats to the screen of one camera and back.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/clones.h"
#include "cpu/splat_bins.h"
#include "shared/splat_harmonics.h"
#include "shared/splat_project_adjoint.h"

namespace objpose {


// screen (count, SCREEN_FIELDS) and extent (count, 2); both 0 for a splat that is not seen.
OBJPOSE_CLONES
static void project_range(const SplatCamera& camera, const SplatArrays& splats, SplatRange range,
                          bool antialias, float* OBJPOSE_RESTRICT screen, float* OBJPOSE_RESTRICT extent) {
  for (long long i = range.first; i < range.last; ++i) {
    const Splat splat = load_splat(splats, i);
    const Vec3f point = to_splat_camera(camera, splat.mean);
    float* const out = screen + SCREEN_FIELDS * i;
    bool is_seen = point.z > camera.near_depth;
    if (is_seen) {
      const SplatGeometry g = splat_geometry(camera, splat, point);
      const ScreenSplat s = screen_splat(camera, splat, g, antialias);
      is_seen = splat_extent(camera, g, s, extent + 2 * i);
      out[0] = s.x, out[1] = s.y, out[2] = s.a, out[3] = s.b, out[4] = s.c, out[5] = s.opacity;
      out[6] = s.depth;
    }
    if (is_seen) continue;
    std::fill_n(out, SCREEN_FIELDS, 0.0f);
    std::fill_n(extent + 2 * i, 2, 0.0f);
  }
}

// Gradients of the arrays in SplatArrays, and of cam_from_world (3, 4).
struct SplatGradients {
  float *means, *wxyz, *scales, *opacities;
};

inline void add_camera_gradient(const CameraGradient& gradient, double* sums) {
  const Mat3f& r = gradient.rotation;
  const Vec3f& t = gradient.translation;
  const float values[12] = {r.x.x, r.x.y, r.x.z, t.x, r.y.x, r.y.y, r.y.z, t.y, r.z.x, r.z.y, r.z.z, t.z};
  for (int i = 0; i < 12; ++i) sums[i] += values[i];
}

// Adds one camera's share to the gradients; camera_sums (12).
OBJPOSE_CLONES
static void project_range_adjoint(const SplatCamera& camera, const SplatArrays& splats, SplatRange range,
                                  bool antialias, const float* extent, const float* grad_screen,
                                  const SplatGradients& gradients, double* camera_sums) {
  for (long long i = range.first; i < range.last; ++i) {
    if (!(extent[2 * i] > 0.0f)) continue;
    const Splat splat = load_splat(splats, i);
    const SplatGeometry g = splat_geometry(camera, splat, to_splat_camera(camera, splat.mean));
    const ScreenSplat s = screen_splat(camera, splat, g, antialias);
    const float* const in = grad_screen + SCREEN_FIELDS * i;
    CameraGradient camera_gradient;
    const SplatGradient out = project_adjoint(
        camera, splat, g, s, {in[0], in[1], in[2], in[3], in[4], in[5], in[6]}, antialias, camera_gradient);
    const float values[4] = {out.w, out.x, out.y, out.z};
    store3(gradients.means + 3 * i, load3(gradients.means + 3 * i) + out.mean);
    store3(gradients.scales + 3 * i, load3(gradients.scales + 3 * i) + out.scales);
    for (int k = 0; k < 4; ++k) gradients.wxyz[4 * i + k] += values[k];
    gradients.opacities[i] += out.opacity;
    add_camera_gradient(camera_gradient, camera_sums);
  }
}

// Spherical harmonics (count, coefficients, 3) of splats at means (count, 3).
struct HarmonicArrays {
  const float *means, *sh;
  int coefficients;

  const float* of(long long i) const { return sh + 3 * coefficients * i; }
};

// colors (count, 3), slopes (count, 3, 3) or null.
OBJPOSE_CLONES
static void shade_range(const double* cam_from_world, const HarmonicArrays& splats, SplatRange range,
                        float* colors, float* slopes) {
  const Mat3f rotation = rotation_part(cam_from_world);
  const Vec3f centre = centre_of(cam_from_world);
  for (long long i = range.first; i < range.last; ++i) {
    const float* const sh = splats.of(i);
    const Shading shading =
        shade_splat(load3(splats.means + 3 * i), centre, sh, splats.coefficients, colors + 3 * i);
    if (slopes != nullptr) shade_slopes(shading, sh, splats.coefficients, rotation, slopes + 9 * i);
  }
}

// Adds one camera's share to grad_means and grad_sh; camera_sums (12).
OBJPOSE_CLONES
static void shade_range_adjoint(const double* cam_from_world, const HarmonicArrays& splats, SplatRange range,
                                const float* grad_colors, float* grad_means, float* grad_sh,
                                double* camera_sums) {
  const double* m = cam_from_world;
  const Vec3f centre = centre_of(m);
  const double t[3] = {m[3], m[7], m[11]};
  for (long long i = range.first; i < range.last; ++i) {
    const float* const sh = splats.of(i);
    float color[3];
    const Shading shading = shade_splat(load3(splats.means + 3 * i), centre, sh, splats.coefficients, color);
    const Vec3f by_offset = shade_adjoint(shading, sh, splats.coefficients, grad_colors + 3 * i,
                                          grad_sh + 3 * splats.coefficients * i);
    store3(grad_means + 3 * i, load3(grad_means + 3 * i) + by_offset);
    const double g[3] = {by_offset.x, by_offset.y, by_offset.z};
    // The offset is mean + rotation^T translation.
    for (int row = 0; row < 3; ++row) {
      for (int col = 0; col < 3; ++col) {
        camera_sums[4 * row + col] += t[row] * g[col];
        camera_sums[4 * row + 3] += m[4 * row + col] * g[col];
      }
    }
  }
}

}  // namespace objpose
