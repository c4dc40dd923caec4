// What of its pixels a splat's gradients are made of.
#pragma once

#include "shared/platform.h"

namespace objpose {

// Sums over pixels: of g = alpha times the gradient by alpha, g times powers of the offset from the centre,
// and the gradient by depth; those by the colours follow.
enum SplatSum { SUM_G, SUM_X, SUM_Y, SUM_XX, SUM_XY, SUM_YY, SUM_DEPTH, SPLAT_SUMS };

// A splat's gradients on the screen (SCREEN_FIELDS), from its conic a, b, c and its opacity there.
OBJPOSE_HD void screen_gradient(float a, float b, float c, float opacity, const float* sums, float* screen) {
  screen[0] = a * sums[SUM_X] + b * sums[SUM_Y];
  screen[1] = b * sums[SUM_X] + c * sums[SUM_Y];
  screen[2] = -0.5f * sums[SUM_XX];
  screen[3] = -sums[SUM_XY];
  screen[4] = -0.5f * sums[SUM_YY];
  screen[5] = opacity > 0.0f ? sums[SUM_G] / opacity : 0.0f;  // without opacity it shows nowhere
  screen[6] = sums[SUM_DEPTH];
}

}  // namespace objpose
