// Drawn images against a crop's on the CPU, behind the C ABI of abi.h: shapes and units are those of
// drawn/stages.py.
#include "cpu/drawn.h"

#include "cpu/abi.h"
#include "cpu/parallel.h"
#include "shared/drawn_edges.h"

using namespace objpose;

namespace {

// Compares the pictures of each pose by Work, from depth and three more numbers a pixel.
template <typename Work, typename Comparison>
void compare_poses(const Comparison& call, const float* triples, int planes, long long poses, int threads,
                   const NormalArrays& out) {
  parallel_for(poses, threads, [&] {
    return [&, scratch = PixelPlanes(call.pixels.count, planes)](long long pose) mutable {
      gather(call.pixels, call.depth + pose * call.pixels.picture, triples + 3 * pose * call.pixels.picture,
             scratch);
      NormalSums<float> sums;
      const float* const pivot = call.pivot + 3 * pose;
      run_with_lanes<Work>(call, scratch, pivot, sums);
      sums.write(out.normal + 36 * pose, out.gradient + 6 * pose, out.cost + pose);
    };
  });
}

// Means over the outline pixels of each pose that count in a target, by add(drawn, pose, row, column, sums).
// none: what a pose without any costs.
template <typename Target, typename Add>
void each_outline(const Target& target, const float* depth, long long poses, int threads,
                  const NormalArrays& out, float none, const Add& add) {
  parallel_for(poses, threads, [&] {
    return [&](long long pose) {
      const float* const drawn = depth + pose * target.size * target.size;
      NormalSums<float> sums;
      long long found = 0;
      for (int row = 0, pixel = 0; row < target.size; ++row)
        for (int column = 0; column < target.size; ++column, ++pixel) {
          if (!target.counts[pixel] || !is_outline(drawn, target.size, row, column)) continue;
          add(drawn, pose, row, column, sums);
          ++found;
        }
      sums.cost = found ? sums.cost : none;
      sums.write(out.normal + 36 * pose, out.gradient + 6 * pose, out.cost + pose,
                 1.0f / std::max(found, 1LL));
    };
  });
}

}  // namespace

OBJPOSE_API int objpose_drawn_color_equations(const float* color, const float* depth, long long poses,
                                              const int* index, const float* rays, const float* K,
                                              long long count, long long picture, const float* channels,
                                              const float* slopes, const float* measured, float reach,
                                              const float* pivot, int threads, float* normal, float* gradient,
                                              float* cost) {
  return guarded([&] {
    const PixelSet pixels = {index, rays, K, count, picture};
    const ColorComparison call = {pixels, color, depth, channels, slopes, measured, pivot, reach};
    compare_poses<CompareColors>(call, color, 5, poses, threads, {normal, gradient, cost});
  });
}

OBJPOSE_API int objpose_drawn_depth_equations(const float* depth, const float* normals, long long poses,
                                              const int* index, const float* rays, const float* K,
                                              long long count, long long picture, const float* measured,
                                              float sigma, float reach, const float* pivot, int threads,
                                              float* normal, float* gradient, float* cost) {
  return guarded([&] {
    const PixelSet pixels = {index, rays, K, count, picture};
    const DepthComparison call = {pixels, depth, normals, measured, pivot, sigma, reach};
    compare_poses<CompareDepths>(call, normals, 4, poses, threads, {normal, gradient, cost});
  });
}

OBJPOSE_API int objpose_drawn_outline_equations(const float* depth, long long poses, long long size,
                                                const float* rays, const float* K,
                                                const unsigned char* counts, const float* distance,
                                                const float* slope, float sigma, float reach,
                                                const float* pivot, int threads, float* normal,
                                                float* gradient, float* cost) {
  return guarded([&] {
    const MaskBorder border = {distance, slope, counts, rays, K, static_cast<int>(size), sigma, reach};
    each_outline(border, depth, poses, threads, {normal, gradient, cost}, border.worst(),
                 [&](const float* drawn, long long pose, int row, int column, NormalSums<float>& sums) {
                   const long long pixel = row * size + column;
                   add_outline(border, drawn[pixel], pixel, pivot + 3 * pose, sums);
                 });
  });
}

OBJPOSE_API int objpose_drawn_edge_equations(const float* depth, long long poses, long long size,
                                             const float* rays, const float* K, const unsigned char* counts,
                                             const float* slopes, float reach, const float* pivot,
                                             int threads, float* normal, float* gradient, float* cost) {
  return guarded([&] {
    const PictureEdges edges = {slopes, counts, rays, K, static_cast<int>(size), reach};
    each_outline(edges, depth, poses, threads, {normal, gradient, cost}, 0.0f,
                 [&](const float* drawn, long long pose, int row, int column, NormalSums<float>& sums) {
                   add_edge(edges, drawn, row, column, pivot + 3 * pose, sums);
                 });
  });
}
