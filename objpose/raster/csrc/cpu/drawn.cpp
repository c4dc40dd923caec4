// Drawn images against a crop's on the CPU, behind the C ABI of abi.h: shapes and units are those of
// drawn/stages.py.
#include "cpu/abi.h"
#include "cpu/drawn.h"
#include "cpu/parallel.h"
#include "shared/drawn_outline.h"

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
                                                const float* rays, const float* K, const unsigned char* counts,
                                                const float* distance, const float* slope, float sigma,
                                                float reach, const float* pivot, int threads, float* normal,
                                                float* gradient, float* cost) {
  return guarded([&] {
    const int side = static_cast<int>(size);
    const MaskBorder border = {distance, slope, counts, rays, K, side, sigma, reach};
    parallel_for(poses, threads, [&] {
      return [&](long long pose) {
        const float* const drawn = depth + pose * size * size;
        NormalSums<float> sums;
        long long found = 0;
        for (int row = 0, pixel = 0; row < side; ++row)
          for (int column = 0; column < side; ++column, ++pixel) {
            if (!counts[pixel] || !is_outline(drawn, side, row, column)) continue;
            add_outline(border, drawn[pixel], pixel, pivot + 3 * pose, sums);
            ++found;
          }
        sums.cost = found ? sums.cost : border.worst();
        sums.write(normal + 36 * pose, gradient + 6 * pose, cost + pose, 1.0f / std::max(found, 1LL));
      };
    });
  });
}
