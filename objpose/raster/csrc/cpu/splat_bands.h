// Splats on the screen cut into the columns of tiles that they touch: first all splats of a block, then all
// columns of these, in loops that vectorise.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/clones.h"
#include "shared/splat_constants.h"
#include "shared/splat_ellipse.h"

namespace objpose {

// Pixels. Two rows of a tile fill an AVX-512 register. Lower tiles would be more of them for each splat.
constexpr int TILE_WIDTH = 8, TILE_HEIGHT = 16;
constexpr int TILE_PIXELS = TILE_WIDTH * TILE_HEIGHT;

struct ImageSize {
  int width, height;

  int columns() const { return (width + TILE_WIDTH - 1) / TILE_WIDTH; }
  int rows() const { return (height + TILE_HEIGHT - 1) / TILE_HEIGHT; }
  int tiles() const { return columns() * rows(); }
};

// Rows of the image, `top` to `bottom`, that a splat may touch in a column of tiles.
struct SplatBand {
  int rank, column, top, bottom;

  int first_tile() const { return top / TILE_HEIGHT; }
  int last_tile() const { return bottom / TILE_HEIGHT; }
};

// The ellipses of some splats, and the columns of tiles on which they may show.
struct EllipseBlock {
  static constexpr int MOST = 256;

  float x[MOST], y[MOST], half_width[MOST], slope[MOST], tip[MOST], aspect[MOST];
  int first[MOST], last[MOST];

  OBJPOSE_HD void set(int i, const EllipseBand& band, TileColumns columns) {
    x[i] = band.x, y[i] = band.y, half_width[i] = band.half_width;
    slope[i] = band.slope, tip[i] = band.tip, aspect[i] = band.aspect;
    first[i] = columns.first, last[i] = columns.last;
  }
  OBJPOSE_HD EllipseBand band(int i) const {
    EllipseBand out;
    out.x = x[i], out.y = y[i], out.half_width = half_width[i];
    out.slope = slope[i], out.tip = tip[i], out.aspect = aspect[i];
    return out;
  }
};

OBJPOSE_CLONES
static void outline_splats(const float* screen, const float* extent, const int* ids, int count, int width,
                           EllipseBlock& block) {
#pragma omp simd
  for (int i = 0; i < count; ++i) {
    const long long id = ids[i];
    const SplatEllipse ellipse = splat_ellipse(screen + SCREEN_FIELDS * id, extent + 2 * id);
    block.set(i, EllipseBand(ellipse), tile_columns(ellipse, width, TILE_WIDTH));
  }
}

// `bands` come with the splats' places in the block for their ranks, and with their columns.
OBJPOSE_CLONES
static void find_rows(const EllipseBlock& block, int height, long long count, SplatBand* bands) {
#pragma omp simd
  for (long long k = 0; k < count; ++k) {
    const PixelRows rows = rows_in_column(block.band(bands[k].rank), bands[k].column, TILE_WIDTH, height);
    bands[k].top = rows.first, bands[k].bottom = rows.last;
  }
}

// Adds those of the splats `ids` (count), which have the ranks from `first_rank` on, to `bands`.
inline void add_bands(const float* screen, const float* extent, const int* ids, int count, int first_rank,
                      ImageSize size, std::vector<SplatBand>& bands) {
  EllipseBlock block;
  for (int start = 0; start < count; start += EllipseBlock::MOST) {
    const int splats = std::min(EllipseBlock::MOST, count - start);
    outline_splats(screen, extent, ids + start, splats, size.width, block);
    const size_t begin = bands.size();
    for (int i = 0; i < splats; ++i)
      for (int column = block.first[i]; column <= block.last[i]; ++column) bands.push_back({i, column, 0, 0});
    find_rows(block, size.height, static_cast<long long>(bands.size() - begin), bands.data() + begin);
    size_t kept = begin;
    for (size_t k = begin; k < bands.size(); ++k) {
      bands[kept] = bands[k];
      bands[kept].rank += first_rank + start;
      kept += bands[k].top <= bands[k].bottom;
    }
    bands.resize(kept);
  }
}

}  // namespace objpose
