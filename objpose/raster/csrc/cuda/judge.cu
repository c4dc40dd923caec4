// How well drawn images agree with a crop's: one block a pose, whose threads take every so many-th pixel.
#include "cuda/light_fit.h"
#include "shared/drawn_agreement.h"
#include "shared/drawn_shape.h"

using namespace objpose;

namespace {

// Writes the appearance of colours (pixels, 3) as planes (3, pixels).
__device__ void take_appearance(const float* colors, int pixels, float* planes) {
  for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
    float channels[3];
    appearance(colors + 3 * i, channels);
    for (int c = 0; c < 3; ++c) planes[c * pixels + i] = channels[c];
  }
}

// Sums over the window about a pixel of a picture whose appearance is (3, pixels).
__device__ float window_at(const AgreementCall& call, const float* seen, const float* drawn,
                           const float* weight, int pixel) {
  const int half = STRUCTURE_WINDOW / 2, pixels = call.height * call.width;
  const int row = pixel / call.width, column = pixel % call.width;
  float sums[WINDOW_SUMS] = {};
  for (int y = row - half; y <= row + half; ++y)
    for (int x = column - half; x <= column + half; ++x) {
      if (y < 0 || y >= call.height || x < 0 || x >= call.width) continue;
      const int at = y * call.width + x;
      const float s[3] = {seen[at], seen[pixels + at], seen[2 * pixels + at]};
      const float d[3] = {drawn[at], drawn[pixels + at], drawn[2 * pixels + at]};
      float terms[WINDOW_SUMS];
      window_terms(weight[at], s, d, terms);
      for (int i = 0; i < WINDOW_SUMS; ++i) sums[i] += terms[i];
    }
  return window_correlations(sums);
}

// Whether all (or, if `grows`, any) of the pixels within `border` of one are set; nothing lies beyond the
// picture.
__device__ bool spread(const unsigned char* image, int size, int border, bool grows, int pixel) {
  const int row = pixel / size, column = pixel % size;
  for (int y = row - border; y <= row + border; ++y)
    for (int x = column - border; x <= column + border; ++x) {
      if (y < 0 || y >= size || x < 0 || x >= size) continue;
      if ((image[y * size + x] != 0) == grows) return grows;
    }
  return !grows;
}

}  // namespace

// scratch: (poses, 6, pixels), of the picture seen and of the drawn one; each block makes its own of both.
extern "C" __global__ void drawn_color_agreement(AgreementCall call, long long poses, int with_structure,
                                                 float* scratch, float* agreement) {
  if (blockIdx.x >= poses) return;
  __shared__ float totals[6];
  const int pixels = call.height * call.width;
  const float* const weight = call.weight + static_cast<long long>(pixels) * blockIdx.x;
  float *const seen = scratch + 6LL * pixels * blockIdx.x, *const drawn = seen + 3 * pixels;
  float light[3] = {};
  take_appearance(call.seen, pixels, seen);
  take_appearance(call.drawn + 3LL * pixels * blockIdx.x, pixels, drawn);
  __syncthreads();
  const auto difference_at = [&](int i, float* difference) {
    for (int c = 0; c < 3; ++c) difference[c] = seen[c * pixels + i] - drawn[c * pixels + i];
  };
  for (int step = 0; step < FIT_STEPS; ++step) {
    LightSums<float> sums;
    for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
      float difference[3];
      difference_at(i, difference);
      sums.add(difference, weight[i], light);
    }
    refit(sums, totals, light);
  }
  AgreementSums sums = {};
  for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
    if (!(weight[i] > 0)) continue;
    float difference[3];
    difference_at(i, difference);
    sums.weight += weight[i];
    sums.likeness += weight[i] * color_likeness(difference, light);
    if (with_structure) sums.correlation += weight[i] * window_at(call, seen, drawn, weight, i);
  }
  const float values[3] = {sums.weight, sums.likeness, sums.correlation};
  block_sums<3>(values, totals);
  if (threadIdx.x == 0) AgreementSums{totals[0], totals[1], totals[2]}.write(agreement + 2 * blockIdx.x);
}

// scratch: (poses, 4, size, size), empty and bare pixels and what erosion leaves of both; counts: (poses,
// SHAPE_COUNTS).
extern "C" __global__ void drawn_shape_counts(ShapeCall call, long long poses, unsigned char* scratch,
                                              float* weight, float* counts) {
  if (blockIdx.x >= poses) return;
  __shared__ float totals[SHAPE_COUNTS];
  const int pixels = call.size * call.size;
  const long long first = static_cast<long long>(pixels) * blockIdx.x;
  unsigned char *const wrong = scratch + 4 * first, *const eroded = wrong + 2 * pixels;
  float sums[SHAPE_COUNTS] = {};
  for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
    const ShapePixel pixel(call, call.depth[first + i], i);
    pixel.add_to(sums);
    weight[first + i] = pixel.weight;
    wrong[i] = pixel.empty, wrong[pixels + i] = pixel.bare;
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 2 * pixels; i += blockDim.x) {
    const int image = i / pixels * pixels;
    eroded[i] = spread(wrong + image, call.size, call.border, false, i - image);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 2 * pixels; i += blockDim.x) {
    const int kind = i / pixels;
    if (spread(eroded + kind * pixels, call.size, call.border, true, i - kind * pixels))
      sums[SHAPE_SUMS + kind] += 1;
  }
  block_sums<SHAPE_COUNTS>(sums, totals);
  if (threadIdx.x < SHAPE_COUNTS) counts[SHAPE_COUNTS * blockIdx.x + threadIdx.x] = totals[threadIdx.x];
}
