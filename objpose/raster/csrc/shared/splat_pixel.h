// One pixel and one splat: what the threads of a GPU compute, each for its own pixel. (The CPU has the same
// for many pixels at once, in cpu/splat_alpha.h.)
#pragma once

#include "shared/splat_project.h"
#include "shared/splat_slopes.h"

namespace objpose {

OBJPOSE_HD ScreenSplat load_screen_splat(const float* screen) {
  return {screen[0], screen[1], screen[2], screen[3], screen[4], screen[5], screen[6]};
}

// Alpha at (dx, dy) from the centre; 0 where the splat is left out.
OBJPOSE_HD float splat_alpha(const ScreenSplat& s, float dx, float dy) {
  const float power = -0.5f * (s.a * dx * dx + s.c * dy * dy) - s.b * dx * dy;
  const float full = s.opacity * exp(power < 0.0f ? power : 0.0f);
  const float alpha = full < MAX_ALPHA ? full : MAX_ALPHA;
  return alpha < MIN_ALPHA ? 0.0f : alpha;
}

// Gradients on the screen from that by alpha.
OBJPOSE_HD ScreenSplat alpha_adjoint(const ScreenSplat& s, float dx, float dy, float alpha, float by_alpha) {
  const float g = alpha < MAX_ALPHA ? by_alpha * alpha : 0.0f;
  return {g * (s.a * dx + s.b * dy),
          g * (s.b * dx + s.c * dy),
          -0.5f * g * dx * dx,
          -g * dx * dy,
          -0.5f * g * dy * dy,
          g / s.opacity,
          0.0f};
}

// Derivative of alpha by one number of the camera's twist.
OBJPOSE_HD float alpha_slope(const SplatSlopes& s, int number, float dx, float dy, float alpha) {
  const float relative = s.constant[number] + dx * (s.x[number] + s.xx[number] * dx + s.xy[number] * dy) +
                         dy * (s.y[number] + s.yy[number] * dy);
  return alpha < MAX_ALPHA ? alpha * relative : 0.0f;
}

}  // namespace objpose
