// Pictures of poses, and pixels of a crop that they are compared in. Kernels take these by value.
#pragma once

#include "shared/platform.h"

namespace objpose {

// P pixels of a crop: raster/drawn/bundles.py, Pixels.
struct PixelSet {
  const int* index;          // (P,) into the flattened picture
  const float *rays, *K;     // (3, P) with z = 1; (3, 3)
  long long count, picture;  // P; pixels of a picture
};

// The colours of poses, and what they are compared with.
struct ColorComparison {
  PixelSet pixels;
  const float *color, *depth;      // (poses, picture, 3); (poses, picture) metres, 0 = empty
  const float *channels, *slopes;  // (3, P) appearance; (2, 3, P) of it along columns and rows
  const float* measured;           // (P,) metres; null: all that is drawn counts in full
  const float* pivot;              // (poses, 3) metres
  float reach;                     // metres: drawn depths farther off the measured show something else
};

// The surfaces of poses, and the measured ones.
struct DepthComparison {
  PixelSet pixels;
  const float *depth, *normals;  // (poses, picture); (poses, picture, 3)
  const float *measured, *pivot;
  float sigma, reach;
};

// Where normal equations of poses go.
struct NormalArrays {
  float *normal, *gradient, *cost;  // (poses, 6, 6), (poses, 6), (poses,)
};

}  // namespace objpose
