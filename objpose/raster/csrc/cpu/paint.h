// An object's paint drawn under a light, a pose at a time, and compared with what is seen: small pictures for
// trackers, in which the calls between stages would cost more than the stages.
#pragma once

#include <cmath>
#include <vector>

#include "cpu/lanes_number.h"
#include "cpu/pixels.h"
#include "cpu/rasterize.h"
#include "shared/drawn_color.h"
#include "shared/rigid_pose.h"

namespace objpose {

// A mesh with a texture, or with colours of its vertices, or with neither: then it is grey.
struct PaintedMesh {
  MeshArrays mesh;
  const float* colors;  // (vertices, 3), or null
  const float* uvs;     // (vertices, 2), or null
  Pyramid texture;
};

struct PaintCall {
  PaintedMesh painted;
  const float* poses;           // (poses, 7) wxyz_xyz
  const float* K;               // (3, 3)
  const unsigned char* counts;  // (side, side): elsewhere depth is 0
  const float* light;           // (4,) brightness along (1, normal)
  int side;
  float near_depth, plain, least;  // of a mesh without colours, and the least brightness
  bool clears_border;              // whether depth is 0 beside pixels that show nothing, too
  float *color, *depth, *normals;
};

OBJPOSE_CLONES
static void shade_range(const float* normals, const float* light, float least, long long count, float* color) {
  for (long long i = 0; i < count; ++i) {
    const float* const n = normals + 3 * i;
    const float along = light[0] + (light[1] * n[0] + light[2] * n[1] + light[3] * n[2]);
    const float shade = along > least ? along : least;
    for (int c = 0; c < 3; ++c) color[3 * i + c] *= shade;
  }
}

// out: the least of the three values about each, along rows of `side` and then across them.
OBJPOSE_CLONES
static void least_about(const float* values, int side, float* scratch, float* out) {
  for (int y = 0; y < side; ++y) {
    const float* const row = values + y * side;
    float* const to = scratch + y * side;
    for (int x = 0; x < side; ++x) to[x] = row[x];
    for (int x = 1; x < side; ++x) to[x] = row[x - 1] < to[x] ? row[x - 1] : to[x];
    for (int x = 0; x + 1 < side; ++x) to[x] = row[x + 1] < to[x] ? row[x + 1] : to[x];
  }
  for (int y = 0; y < side; ++y) {
    const float* const above = scratch + std::max(y - 1, 0) * side;
    const float* const below = scratch + std::min(y + 1, side - 1) * side;
    for (int x = 0; x < side; ++x) {
      const float here = scratch[y * side + x];
      const float least = above[x] < below[x] ? above[x] : below[x];
      out[y * side + x] = here < least ? here : least;
    }
  }
}

// What one thread reuses from pose to pose.
class PaintDrawer {
 public:
  explicit PaintDrawer(const PaintCall& call)
      : call_(call),
        count_(static_cast<long long>(call.side) * call.side),
        face_ids_(count_),
        bary_(2 * count_),
        footprint_(count_),
        scratch_(2 * count_),
        rasterize_{call.painted.mesh, matrix_, K_,           call.side,       call.side,
                   call.near_depth,   nullptr, face_ids_.data(), bary_.data(), footprint_.data()},
        rasterizer_(rasterize_, 1) {
    for (int i = 0; i < 9; ++i) K_[i] = call.K[i];
  }
  PaintDrawer(const PaintDrawer&) = delete;

  void operator()(long long pose) {
    const RigidPose placed(call_.poses + 7 * pose);
    for (int row = 0; row < 3; ++row) {
      for (int k = 0; k < 3; ++k) matrix_[4 * row + k] = placed.rotation[3 * row + k];
      matrix_[4 * row + 3] = placed.translation[row];
    }
    float* const depth = call_.depth + pose * count_;
    rasterize_.depth = depth;
    rasterizer_(0);
    shade(call_.color + 3 * pose * count_, call_.normals + 3 * pose * count_);
    if (call_.clears_border) least_about(depth, call_.side, scratch_.data(), scratch_.data() + count_);
    const float* const least = call_.clears_border ? scratch_.data() + count_ : depth;
    for (long long i = 0; i < count_; ++i) depth[i] = least[i] > 0 && call_.counts[i] ? depth[i] : 0.0f;
  }

 private:
  void shade(float* color, float* normals) const {
    const PaintedMesh& painted = call_.painted;
    const PixelStack pixels = {face_ids_.data(), bary_.data(), count_, painted.mesh.faces,
                               painted.mesh.face_count};
    const PixelRange all = {0, count_};
    normal_range(pixels, all, painted.mesh.vertices, matrix_, normals);
    if (painted.uvs != nullptr)
      sample_range(pixels, all, painted.texture, painted.uvs, footprint_.data(), color);
    else if (painted.colors != nullptr)
      interpolate_range(pixels, all, painted.colors, 3, color);
    else
      for (long long i = 0; i < 3 * count_; ++i) color[i] = face_ids_[i / 3] < 0 ? 0.0f : call_.plain;
    shade_range(normals, call_.light, call_.least, count_, color);
  }

  const PaintCall& call_;
  long long count_;
  std::vector<int> face_ids_;
  std::vector<float> bary_, footprint_, scratch_;
  double matrix_[12], K_[9];
  RasterizeCall rasterize_;
  BandRasterizer rasterizer_;
};

// Sums over the pixels that are drawn, of one channel.
struct ChannelSums {
  double drawn = 0, seen = 0, drawn_squared = 0, seen_squared = 0, both = 0;

  void add(double d, double s) {
    drawn += d, seen += s, drawn_squared += d * d, seen_squared += s * s, both += d * s;
  }
};

// out: (2,) how colours drawn agree with those seen, up to a gain and an offset of each channel, and how
// colourful they are; see raster/paint/stages.py.
inline void paint_likeness(const float* color, const float* depth, const float* seen, long long count,
                           int least, float plain, float* out) {
  ChannelSums sums[3];
  long long found = 0;
  for (long long i = 0; i < count; ++i) {
    if (!(depth[i] > 0)) continue;
    ++found;
    for (int c = 0; c < 3; ++c) sums[c].add(color[3 * i + c], seen[3 * i + c]);
  }
  out[0] = out[1] = 0.0f;
  if (found < least) return;
  double total = 0, agreed = 0;
  for (const ChannelSums& one : sums) {
    const double mean = one.drawn / found, mean_seen = one.seen / found;
    const double spread = std::max(one.drawn_squared / found - mean * mean, 0.0);
    const double other = std::max(one.seen_squared / found - mean_seen * mean_seen, 0.0);
    agreed += (one.both / found - mean * mean_seen) / std::max(std::sqrt(spread * other), 1e-6) * spread;
    total += spread;
  }
  out[0] = static_cast<float>(agreed / std::max(total, 1e-9));
  out[1] = static_cast<float>(total / (total + static_cast<double>(plain) * plain));
}

// Sums of a row of pixels added up, as many numbers as it has.
OBJPOSE_CLONES
static void add_row(const unsigned char* OBJPOSE_RESTRICT row, int count, int* OBJPOSE_RESTRICT sums) {
  for (int i = 0; i < count; ++i) sums[i] += row[i];
}

// A picture's window in cells of `cell` x `cell` pixels.
struct CellWindow {
  const unsigned char* rgb;  // (height, width, 3)
  int height, width;
  long long left, top;
  int cell, side;
};

// seen: (side, side, 3) their mean colours in [0, 1]; inside: (side, side) whether they are wholly in view.
inline void cell_means(const CellWindow& window, float* seen, unsigned char* inside) {
  const int cell = window.cell, side = window.side;
  const auto first = [&](long long start) {
    return static_cast<int>(start < 0 ? std::min<long long>(side, (cell - 1 - start) / cell) : 0);
  };
  const auto last = [&](long long start, int size) {
    return static_cast<int>(size <= start ? 0 : std::min<long long>(side, (size - start) / cell));
  };
  const int first_column = first(window.left), last_column = last(window.left, window.width);
  const int first_row = first(window.top), last_row = last(window.top, window.height);
  std::fill_n(seen, 3LL * side * side, 0.0f);
  std::fill_n(inside, static_cast<long long>(side) * side, static_cast<unsigned char>(0));
  if (first_column >= last_column) return;
  const int columns = (last_column - first_column) * cell;
  const float scale = 1.0f / (255.0f * cell * cell);
  std::vector<int> sums(3LL * columns);
  for (int row = first_row; row < last_row; ++row) {
    std::fill(sums.begin(), sums.end(), 0);
    for (int k = 0; k < cell; ++k) {
      const long long start =
          (window.top + row * cell + k) * window.width + window.left + first_column * cell;
      add_row(window.rgb + 3 * start, 3 * columns, sums.data());
    }
    const int* from = sums.data();
    for (int column = first_column; column < last_column; ++column) {
      int total[3] = {0, 0, 0};
      for (int k = 0; k < cell; ++k, from += 3)
        for (int c = 0; c < 3; ++c) total[c] += from[c];
      const long long at = static_cast<long long>(row) * side + column;
      for (int c = 0; c < 3; ++c) seen[3 * at + c] = scale * total[c];
      inside[at] = 1;
    }
  }
}

// The channels of a picture of side x side colours, and how they change along columns and rows: planes, one
// after the other. At the borders of the picture they do not change.
struct PictureChannels {
  template <int W>
  OBJPOSE_HD static void run(const float* rgb, int side, float* channels, float* slopes) {
    const long long count = static_cast<long long>(side) * side;
    for (long long i = 0; i < count; i += W) {
      const long long some = std::min<long long>(W, count - i);
      float colors[3][W] = {}, values[W];
      for (long long k = 0; k < some; ++k)
        for (int c = 0; c < 3; ++c) colors[c][k] = rgb[3 * (i + k) + c];
      const Lanes<W> color[3] = {load_lanes<W>(colors[0]), load_lanes<W>(colors[1]), load_lanes<W>(colors[2])};
      Lanes<W> found[3];
      appearance(color, found);
      for (int c = 0; c < 3; ++c) {
        store_lanes(values, found[c]);
        std::copy_n(values, some, channels + c * count + i);
      }
    }
    std::fill_n(slopes, 6 * count, 0.0f);
    for (int c = 0; c < 3; ++c) {
      const float* const plane = channels + c * count;
      float *const u = slopes + c * count, *const v = slopes + (3 + c) * count;
      for (int y = 0; y < side; ++y)
        for (int x = 1; x + 1 < side; ++x)
          u[y * side + x] = 0.5f * (plane[y * side + x + 1] - plane[y * side + x - 1]);
      for (int y = 1; y + 1 < side; ++y)
        for (int x = 0; x < side; ++x)
          v[y * side + x] = 0.5f * (plane[(y + 1) * side + x] - plane[(y - 1) * side + x]);
    }
  }
};

}  // namespace objpose
