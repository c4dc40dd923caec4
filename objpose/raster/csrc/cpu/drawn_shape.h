// Counts of drawn shapes, a pose at a time; patches by a square's erosion and dilation.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/clones.h"
#include "shared/drawn_shape.h"

namespace objpose {

// Each pixel with those up to `border` before and behind it, along rows or columns: any of them if `grows`,
// else all. Nothing lies beyond the picture.
OBJPOSE_CLONES
static void spread(const unsigned char* OBJPOSE_RESTRICT from, int size, int border, bool along_rows,
                   bool grows, unsigned char* OBJPOSE_RESTRICT to) {
  std::copy(from, from + size * size, to);
  for (int k = -border; k <= border; ++k) {
    const int first = std::max(0, -k), stop = size - std::max(0, k);
    for (int y = along_rows ? 0 : first; y < (along_rows ? size : stop); ++y) {
      unsigned char* const row = to + y * size;
      const unsigned char* const other = from + (along_rows ? y * size + k : (y + k) * size);
      const int left = along_rows ? first : 0, right = along_rows ? stop : size;
      if (grows)
        for (int x = left; x < right; ++x) row[x] |= other[x];
      else
        for (int x = left; x < right; ++x) row[x] &= other[x];
    }
  }
}

typedef std::vector<unsigned char> ByteImage;

struct ShapeScratch {
  ByteImage empty, bare, across;

  explicit ShapeScratch(int size) : empty(size * size), bare(size * size), across(size * size) {}

  // How many pixels of an image, which is overwritten, lie in patches: not in bands of 2 `border` pixels.
  float patches(ByteImage& wrong, int size, int border) {
    for (const bool grows : {false, true}) {
      spread(wrong.data(), size, border, true, grows, across.data());
      spread(across.data(), size, border, false, grows, wrong.data());
    }
    return static_cast<float>(std::count(wrong.begin(), wrong.end(), 1));
  }
};

// weight: (size, size); counts: (SHAPE_COUNTS,).
inline void count_shape(const ShapeCall& call, long long pose, ShapeScratch& scratch, float* weight,
                        float* counts) {
  const int pixels = call.size * call.size;
  const float* const drawn = call.depth + pose * pixels;
  unsigned char *const empty = scratch.empty.data(), *const bare = scratch.bare.data();
  float sums[SHAPE_SUMS] = {};
  for (int i = 0; i < pixels; ++i) {
    const ShapePixel pixel(call, drawn[i], i);
    pixel.add_to(sums);
    weight[i] = pixel.weight;
    empty[i] = pixel.empty, bare[i] = pixel.bare;
  }
  std::copy(sums, sums + SHAPE_SUMS, counts);
  counts[SHAPE_SUMS] = scratch.patches(scratch.empty, call.size, call.border);
  counts[SHAPE_SUMS + 1] = scratch.patches(scratch.bare, call.size, call.border);
}

}  // namespace objpose
