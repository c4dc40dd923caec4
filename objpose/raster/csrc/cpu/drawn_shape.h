// Counts of drawn shapes, a pose at a time; patches by a square's erosion and dilation.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/clones.h"
#include "shared/drawn_shape.h"

namespace objpose {

typedef std::vector<unsigned char> ByteImage;

// Each pixel with those up to `border` before and behind it, along rows or columns: any of them if `grows`, else
// all. Nothing lies beyond the picture.
OBJPOSE_CLONES
static void spread(const ByteImage& from, int size, int border, bool along_rows, bool grows, ByteImage& to) {
  const int step = along_rows ? 1 : size;
  to = from;
  for (int k = -border; k <= border; ++k) {
    const int first = std::max(0, -k), last = size - 1 - std::max(0, k), columns = along_rows ? last : size - 1;
    for (int y = along_rows ? 0 : first; y <= (along_rows ? size - 1 : last); ++y) {
      const long long row = static_cast<long long>(y) * size;
      for (int x = along_rows ? first : 0; x <= columns; ++x)
        to[row + x] = grows ? to[row + x] | from[row + x + k * step] : to[row + x] & from[row + x + k * step];
    }
  }
}

struct ShapeScratch {
  ByteImage empty, bare, across;

  explicit ShapeScratch(int size) : empty(size * size), bare(size * size), across(size * size) {}

  // How many pixels of an image, which is overwritten, lie in patches: not in bands of 2 `border` pixels.
  float patches(ByteImage& wrong, int size, int border) {
    for (const bool grows : {false, true}) {
      spread(wrong, size, border, true, grows, across);
      spread(across, size, border, false, grows, wrong);
    }
    return static_cast<float>(std::count(wrong.begin(), wrong.end(), 1));
  }
};

// weight: (size, size); counts: (SHAPE_COUNTS,).
inline void count_shape(const ShapeCall& call, long long pose, ShapeScratch& scratch, float* weight, float* counts) {
  const int pixels = call.size * call.size;
  const float* const drawn = call.depth + pose * pixels;
  std::fill_n(counts, SHAPE_COUNTS, 0.0f);
  for (int i = 0; i < pixels; ++i) {
    const ShapePixel pixel(call, drawn[i], i);
    pixel.add_to(counts);
    weight[i] = pixel.weight;
    scratch.empty[i] = pixel.empty, scratch.bare[i] = pixel.bare;
  }
  counts[SHAPE_SUMS] = scratch.patches(scratch.empty, call.size, call.border);
  counts[SHAPE_SUMS + 1] = scratch.patches(scratch.bare, call.size, call.border);
}

}  // namespace objpose
