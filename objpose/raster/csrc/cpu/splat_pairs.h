// Sums over the pixels of a tile by which the gradients of its splats go. All sums of a splat over a group of
// pixels are one product of matrices, with two numbers for each pixel: g, alpha times the gradient by alpha,
// and the splat's weight. They stand as pairs side by side, and so do what they are multiplied with.
#pragma once

#include <memory>

#include "cpu/splat_tile.h"
#include "shared/splat_sums.h"

namespace objpose {

// In a row of pairs stand the sums of SplatSum first in their pairs, those by colours second in theirs.
constexpr int SUM_MOMENTS = SUM_DEPTH;

// Rows of pairs, for each pixel or each splat.
class PairRows {
 public:
  // For so many rows of so many channels. What they hold is then not set.
  void make_room(size_t count, int channels) {
    blocks_ = (2 * std::max(channels, 8) + MOST_LANES - 1) / MOST_LANES;
    if (count * blocks_ <= room_) return;
    room_ = count * blocks_;
    rows_.reset(new LaneRow[room_]);
  }
  int length() const { return blocks_ * MOST_LANES; }
  float* operator[](long long i) const { return rows_[i * blocks_].values; }

 private:
  int blocks_ = 0;
  size_t room_ = 0;  // blocks
  std::unique_ptr<LaneRow[]> rows_;
};

// What one thread holds of them.
struct TileRows {
  int channels;
  PairRows pixels;  // for each pixel: 1 and powers of its offset from the tile's middle; colour gradients
  PairRows sums;    // for each splat of the tile, moments about the tile's middle
  std::vector<float> depth;

  static constexpr float MIDDLE_X = (TILE_WIDTH - 1) / 2.0f, MIDDLE_Y = (TILE_HEIGHT - 1) / 2.0f;

  explicit TileRows(int count) : channels(count) {
    pixels.make_room(TILE_PIXELS, channels);
    for (int k = 0; k < TILE_PIXELS; ++k) {
      const float x = k % TILE_WIDTH - MIDDLE_X, y = k / TILE_WIDTH - MIDDLE_Y;
      const float moments[SUM_MOMENTS] = {1.0f, x, y, x * x, x * y, y * y};
      std::fill_n(pixels[k], pixels.length(), 0.0f);
      for (int i = 0; i < SUM_MOMENTS; ++i) pixels[k][2 * i] = moments[i];
    }
  }
  void clear(int splats) {
    sums.make_room(std::max(splats, 1), channels);
    if (splats > 0) std::fill_n(sums[0], static_cast<size_t>(splats) * sums.length(), 0.0f);
    depth.assign(splats, 0.0f);
  }
  void set_color(int pixel, int channel, float gradient) {
    pixels[pixel][2 * channel + 1] = gradient;
  }

  // Moves a splat's moments to its centre.
  void centre(const TileSplat& s, int place) {
    float* const row = sums[place];
    const float x = MIDDLE_X - s.x, y = MIDDLE_Y - s.y;
    const float g = row[2 * SUM_G], of_x = row[2 * SUM_X], of_y = row[2 * SUM_Y];
    row[2 * SUM_X] += x * g, row[2 * SUM_Y] += y * g;
    row[2 * SUM_XX] += x * (2.0f * of_x + x * g);
    row[2 * SUM_XY] += x * (of_y + y * g) + y * of_x;
    row[2 * SUM_YY] += y * (2.0f * of_y + y * g);
    row[2 * SUM_DEPTH] = depth[place];
  }
};

// Takes what splats have at the pixels of one group, some splats together: a pixel's row is then read once
// for all of them.
template <int W>
class PixelPairs {
 public:
  OBJPOSE_HD PixelPairs(TileRows& rows, int first)
      : pixels_(rows.pixels[first]),
        sums_(rows.sums[0]),
        length_(rows.pixels.length()),
        numbers_(2 * std::max(rows.channels, SUM_MOMENTS)) {}

  OBJPOSE_HD void add(int place, Lanes<W> g, Lanes<W> weight) {
    places_[filled_] = place;
    store_pairs(pairs_[filled_], g, weight);
    if (++filled_ == TOGETHER) multiply<TOGETHER>(0), filled_ = 0;
  }
  OBJPOSE_HD void finish() {
    for (int i = 0; i < filled_; ++i) multiply<1>(i);
  }

 private:
  static constexpr int TOGETHER = 4;

  template <int N>
  OBJPOSE_HD void multiply(int from) {
    float* of_splat[N];
    for (int i = 0; i < N; ++i) of_splat[i] = sums_ + length_ * places_[from + i];
    for (int start = 0; start < numbers_; start += W) {
      const float* const pairs = anew(pairs_[from], start);
      Lanes<W> sums[N];
      for (int i = 0; i < N; ++i) sums[i] = load_lanes<W>(of_splat[i] + start);
#pragma GCC unroll 16
      for (int k = 0; k < W; ++k) {
        const int pixel = k < W / 2 ? 2 * k : 2 * k - W + 1;  // as store_pairs has them
        const Lanes<W> row = load_lanes<W>(pixels_ + length_ * pixel + start);
        for (int i = 0; i < N; ++i) sums[i] = sums[i] + load_pair<W>(pairs + 2 * (W * i + k)) * row;
      }
      for (int i = 0; i < N; ++i) store_lanes(of_splat[i] + start, sums[i]);
    }
  }

  const float* pixels_;
  float* sums_;
  long long length_;
  int numbers_, filled_ = 0;
  int places_[TOGETHER];
  alignas(4 * MOST_LANES) float pairs_[TOGETHER][2 * W];
};

}  // namespace objpose
