// Gradients of a splat on the screen, back to the Gaussian and to the camera.
#pragma once

#include "shared/splat_project.h"

namespace objpose {

struct SplatGradient {
  Vec3f mean, scales;
  float w, x, y, z;
  float opacity;
};

// Of a loss by cam_from_world, rotation and translation.
struct CameraGradient {
  Mat3f rotation;
  Vec3f translation;
};

struct CovarianceGradient {
  float a, b, c;  // of the covariance on the screen; b stands for both of its entries
};

// From the gradient of the conic: the derivative of an inverse, -Q G Q.
OBJPOSE_HD CovarianceGradient conic_adjoint(const ScreenSplat& s, float ga, float gb, float gc) {
  return {-(s.a * s.a * ga + s.a * s.b * gb + s.b * s.b * gc),
          -(2.0f * s.a * s.b * ga + (s.a * s.c + s.b * s.b) * gb + 2.0f * s.b * s.c * gc),
          -(s.b * s.b * ga + s.b * s.c * gb + s.c * s.c * gc)};
}

// Gradient by a unit quaternion of the rotation it stands for, then by the quaternion of any length.
OBJPOSE_HD void quaternion_adjoint(const Splat& s, Mat3f g, SplatGradient& out) {
  const float w = 2.0f * (s.x * (g.z.y - g.y.z) + s.y * (g.x.z - g.z.x) + s.z * (g.y.x - g.x.y));
  const float x = 2.0f * (-2.0f * s.x * (g.y.y + g.z.z) + s.y * (g.x.y + g.y.x) + s.z * (g.x.z + g.z.x) +
                          s.w * (g.z.y - g.y.z));
  const float y = 2.0f * (s.x * (g.x.y + g.y.x) - 2.0f * s.y * (g.x.x + g.z.z) + s.z * (g.y.z + g.z.y) +
                          s.w * (g.x.z - g.z.x));
  const float z = 2.0f * (s.x * (g.x.z + g.z.x) + s.y * (g.y.z + g.z.y) - 2.0f * s.z * (g.x.x + g.y.y) +
                          s.w * (g.y.x - g.x.y));
  const float along = w * s.w + x * s.x + y * s.y + z * s.z;
  out.w = s.inverse_norm * (w - along * s.w), out.x = s.inverse_norm * (x - along * s.x);
  out.y = s.inverse_norm * (y - along * s.y), out.z = s.inverse_norm * (z - along * s.z);
}

// Gradient by the point in the camera frame, from those of the centre on the screen and of the jacobian.
OBJPOSE_HD Vec3f point_adjoint(const SplatCamera& camera, const SplatGeometry& g, const ScreenSplat& grad,
                               Vec3f grad_jacobian_x, Vec3f grad_jacobian_y) {
  const float slope_x = -g.inverse_z * camera.fx * grad_jacobian_x.z;
  const float slope_y = -g.inverse_z * (camera.skew * grad_jacobian_x.z + camera.fy * grad_jacobian_y.z);
  const float x = camera.fx * grad.x + (g.free_x ? slope_x : 0.0f);
  const float y = camera.skew * grad.x + camera.fy * grad.y + (g.free_y ? slope_y : 0.0f);
  // The jacobians are inverse_z times what depends on the slopes alone.
  const float jacobians = dot(grad_jacobian_x, g.jacobian_x) + dot(grad_jacobian_y, g.jacobian_y);
  const float inverse_z = jacobians * g.point.z + x * g.point.x + y * g.point.y;
  return {x * g.inverse_z, y * g.inverse_z, grad.depth - inverse_z * g.inverse_z * g.inverse_z};
}

OBJPOSE_HD SplatGradient project_adjoint(const SplatCamera& camera, const Splat& splat,
                                         const SplatGeometry& g, const ScreenSplat& screen,
                                         const ScreenSplat& grad, bool antialias,
                                         CameraGradient& camera_gradient) {
  SplatGradient out;
  CovarianceGradient cov = conic_adjoint(screen, grad.a, grad.b, grad.c);
  const float factor = antialias ? compensation(g) : 1.0f;
  out.opacity = factor * grad.opacity;
  Vec3f row_x = {0.0f, 0.0f, 0.0f}, row_y = row_x;
  if (antialias) {
    // compensation = area / sqrt(determinant)
    const float share = grad.opacity * splat.opacity;
    cov.a -= 0.5f * share * factor * screen.a;
    cov.b -= share * factor * screen.b;
    cov.c -= 0.5f * share * factor * screen.c;
    const Vec3f normal = (share * sqrt(g.inverse_determinant) * inverse_length(g.normal)) * g.normal;
    row_x = cross(g.row_y, normal), row_y = cross(normal, g.row_x);
  }
  row_x = row_x + 2.0f * cov.a * g.row_x + cov.b * g.row_y;
  row_y = row_y + 2.0f * cov.c * g.row_y + cov.b * g.row_x;
  const Vec3f point = point_adjoint(camera, g, grad, mul(g.axes, row_x), mul(g.axes, row_y));
  const Mat3f axes = outer(g.jacobian_x, row_x) + outer(g.jacobian_y, row_y);
  const Mat3f rotation = rotation_of(splat);
  const Mat3f scaled = mul(transposed(camera.rotation), axes);  // by rotation times scales, in the world
  out.mean = row_mul(point, camera.rotation);
  out.scales = times(scaled.x, rotation.x) + times(scaled.y, rotation.y) + times(scaled.z, rotation.z);
  quaternion_adjoint(splat, scale_columns(scaled, splat.scales), out);
  camera_gradient.rotation =
      mul(axes, transposed(scale_columns(rotation, splat.scales))) + outer(point, splat.mean);
  camera_gradient.translation = point;
  return out;
}

}  // namespace objpose
