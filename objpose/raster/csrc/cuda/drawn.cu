// Drawn images against a crop's: one block a pose, whose threads take every so many-th pixel.
#include "cuda/light_fit.h"
#include "shared/drawn_arrays.h"
#include "shared/drawn_depth.h"
#include "shared/drawn_edges.h"

using namespace objpose;

namespace {

__device__ DrawnPoint<float> drawn_point(const PixelSet& pixels, long long i, float depth) {
  return {depth, pixels.rays[i], pixels.rays[pixels.count + i]};
}

__device__ void write_equations(const NormalSums<float>& sums, float share, const NormalArrays& out) {
  const long long pose = blockIdx.x;
  if (threadIdx.x == 0) sums.write(out.normal + 36 * pose, out.gradient + 6 * pose, out.cost + pose, share);
}

// Differences of the channels from those observed, and how surely pixels show the object: (4, P) of a pose.
__device__ void take_differences(const ColorComparison& call, float* differences) {
  const long long count = call.pixels.count, first = blockIdx.x * call.pixels.picture;
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    const long long at = first + call.pixels.index[i];
    const float drawn = call.depth[at];
    float overlap = drawn > 0 ? 1.0f : 0.0f, channels[3];
    if (call.measured != nullptr) {
      overlap = inside_reach(drawn, drawn - call.measured[i], call.reach);
      overlap *= overlap;
    }
    appearance(call.color + 3 * at, channels);
    for (int c = 0; c < 3; ++c) differences[c * count + i] = call.channels[c * count + i] - channels[c];
    differences[3 * count + i] = overlap;
  }
}

// One step of reweighting.
__device__ void fit_light(const float* differences, long long count, float* totals, float* light) {
  LightSums<float> sums;
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    const float difference[3] = {differences[i], differences[count + i], differences[2 * count + i]};
    sums.add(difference, differences[3 * count + i], light);
  }
  refit(sums, totals, light);
}

// Means over the outline pixels of the block's pose, as in cpu/drawn.cpp.
template <typename Target, typename Add>
__device__ void each_outline(const Target& target, const float* depth, const NormalArrays& out, float none,
                             const Add& add) {
  const int pixels = target.size * target.size;
  const float* const drawn = depth + static_cast<long long>(pixels) * blockIdx.x;
  NormalSums<float> sums;
  float found = 0;
  for (int i = threadIdx.x; i < pixels; i += blockDim.x) {
    const int row = i / target.size, column = i % target.size;
    if (!target.counts[i] || !is_outline(drawn, target.size, row, column)) continue;
    add(drawn, row, column, sums);
    found += 1;
  }
  sums = block_sums(sums, found);
  if (!(found > 0)) sums.cost = none;
  write_equations(sums, 1 / larger(found, 1.0f), out);
}

}  // namespace

// scratch: (poses, 4, P).
extern "C" __global__ void drawn_color_equations(ColorComparison call, long long poses, float* scratch,
                                                 NormalArrays out) {
  if (blockIdx.x >= poses) return;
  __shared__ float totals[6];
  const long long count = call.pixels.count, first = blockIdx.x * call.pixels.picture;
  float* const differences = scratch + 4 * count * blockIdx.x;
  float light[3] = {}, seen = 0;
  take_differences(call, differences);
  for (int step = 0; step < FIT_STEPS; ++step) fit_light(differences, count, totals, light);
  NormalSums<float> sums;
  for (long long i = threadIdx.x; i < count; i += blockDim.x) {
    ChannelSlopes<float> slopes;
    float difference[3];
    for (int c = 0; c < 3; ++c) {
      difference[c] = differences[c * count + i];
      slopes.u[c] = call.slopes[c * count + i], slopes.v[c] = call.slopes[(3 + c) * count + i];
    }
    const float overlap = differences[3 * count + i];
    const DrawnPoint<float> point = drawn_point(call.pixels, i, call.depth[first + call.pixels.index[i]]);
    add_color(difference, light, overlap, slopes, point, call.pixels.K, call.pivot + 3 * blockIdx.x, sums);
    seen += overlap;
  }
  sums = block_sums(sums, seen);
  sums.cost += missed_cost(static_cast<float>(count) - seen);
  write_equations(sums, 1.0f, out);
}

extern "C" __global__ void drawn_depth_equations(DepthComparison call, long long poses, NormalArrays out) {
  if (blockIdx.x >= poses) return;
  const long long first = blockIdx.x * call.pixels.picture;
  NormalSums<float> sums;
  float none = 0;
  for (long long i = threadIdx.x; i < call.pixels.count; i += blockDim.x) {
    const long long at = first + call.pixels.index[i];
    const DrawnPoint<float> point = drawn_point(call.pixels, i, call.depth[at]);
    add_depth(point, call.normals + 3 * at, call.measured[i], {call.sigma, call.reach},
              call.pivot + 3 * blockIdx.x, sums);
  }
  write_equations(block_sums(sums, none), 1.0f, out);
}

extern "C" __global__ void drawn_outline_equations(MaskBorder border, const float* depth, long long poses,
                                                   const float* pivot, NormalArrays out) {
  if (blockIdx.x >= poses) return;
  const auto add = [&](const float* drawn, int row, int column, NormalSums<float>& sums) {
    const int pixel = row * border.size + column;
    add_outline(border, drawn[pixel], pixel, pivot + 3 * blockIdx.x, sums);
  };
  each_outline(border, depth, out, border.worst(), add);
}

extern "C" __global__ void drawn_edge_equations(PictureEdges edges, const float* depth, long long poses,
                                                const float* pivot, NormalArrays out) {
  if (blockIdx.x >= poses) return;
  const auto add = [&](const float* drawn, int row, int column, NormalSums<float>& sums) {
    add_edge(edges, drawn, row, column, pivot + 3 * blockIdx.x, sums);
  };
  each_outline(edges, depth, out, 0.0f, add);
}
