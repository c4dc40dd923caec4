// Splats on the CPU, behind the C ABI of abi.h. Arrays are contiguous; shapes and units are those of the
// torch ops in splats/ops.py. Sums run in an order that the number of threads does not change.
#include "cpu/abi.h"
#include "cpu/kept.h"
#include "cpu/splat_adjoint.h"
#include "cpu/splat_normal.h"
#include "cpu/splat_project.h"

using namespace objpose;

namespace {

// Splats, and tiles, that a thread takes at a time.
constexpr long long SPLAT_CHUNK = 512;
constexpr int TILE_CHUNK = 4;

long long chunks_of(long long count) { return (count + SPLAT_CHUNK - 1) / SPLAT_CHUNK; }

SplatRange chunk_range(long long chunk, long long count) {
  return {chunk * SPLAT_CHUNK, std::min(count, (chunk + 1) * SPLAT_CHUNK)};
}

// Calls make_worker() in each thread, and what it returns as worker(camera, threads to use) for all cameras:
// many cameras side by side, few one after the other.
template <typename MakeWorker>
void for_each_camera(long long cameras, int threads, const MakeWorker& make_worker) {
  if (cameras >= 2LL * threads) {
    parallel_for(cameras, threads,
                 [&] { return [worker = make_worker()](long long camera) mutable { worker(camera, 1); }; });
    return;
  }
  auto worker = make_worker();
  for (long long camera = 0; camera < cameras; ++camera) worker(camera, threads);
}

// Calls make_worker() in each thread and the worker it returns for every tile.
template <typename MakeWorker>
void for_each_tile(const SplatBins& bins, int threads, const MakeWorker& make_worker) {
  const int tiles = bins.size.tiles();
  parallel_for((tiles + TILE_CHUNK - 1) / TILE_CHUNK, threads, [&] {
    return [worker = make_worker(), tiles](long long chunk) mutable {
      const int first = static_cast<int>(chunk) * TILE_CHUNK;
      for (int tile = first; tile < std::min(tiles, first + TILE_CHUNK); ++tile) worker(tile);
    };
  });
}

// Calls add(chunk, camera, sums of 12), which adds to the sums, for every chunk of splats and every camera,
// and writes the sums over all chunks to grad_camera (cameras, 12).
template <typename Add>
void sum_over_splats(long long count, long long cameras, int threads, double* grad_camera, const Add& add) {
  const long long chunks = chunks_of(count);
  std::vector<double> partial(static_cast<size_t>(chunks * cameras * 12), 0.0);
  parallel_for(chunks, threads, [&] {
    return [&](long long chunk) {
      for (long long camera = 0; camera < cameras; ++camera)
        add(chunk_range(chunk, count), camera, partial.data() + 12 * (chunk * cameras + camera));
    };
  });
  std::fill_n(grad_camera, 12 * cameras, 0.0);
  for (long long chunk = 0; chunk < chunks; ++chunk)
    for (long long i = 0; i < 12 * cameras; ++i) grad_camera[i] += partial[12 * cameras * chunk + i];
}

struct Cameras {
  const double *cam_from_world, *K;  // (cameras, 3, 4), (cameras, 3, 3)
  int width, height;
  double near_depth;

  SplatCamera at(long long i) const {
    return make_splat_camera(cam_from_world + 12 * i, K + 9 * i, width, height, near_depth);
  }
};

void project(const SplatCamera& camera, const SplatArrays& splats, bool antialias, int threads, float* screen,
             float* extent) {
  parallel_for(chunks_of(splats.count), threads, [&] {
    return [&](long long chunk) {
      project_range(camera, splats, chunk_range(chunk, splats.count), antialias, screen, extent);
    };
  });
}

// Blending of one camera after the other; what it holds is used again from camera to camera.
class Adjoint {
 public:
  void operator()(const float* screen, const float* extent, long long count, ImageSize size,
                  const BlendImages& images, const ImageGradients& gradients, int threads, float* grad_screen,
                  float* grad_colors, float* grad_background) {
    const int channels = images.colors.channels;
    bins_.fill(screen, extent, count, size, threads);
    pair_sums_.make_room(bins_.rank_first.back(), channels);
    background_.resize(static_cast<size_t>(size.tiles()) * channels);
    for_each_tile(bins_, threads, [&] {
      return [&, work = TileAdjoint(images.colors)](int tile) mutable {
        run_with_lanes<BlendTileAdjoint>(bins_, tile, images, gradients, work, pair_sums_,
                                         background_.data() + static_cast<long long>(tile) * channels);
      };
    });
    std::fill_n(grad_screen, SCREEN_FIELDS * count, 0.0f);
    std::fill_n(grad_colors, channels * count, 0.0f);
    const long long ranks = static_cast<long long>(bins_.splats.size());
    parallel_for(chunks_of(ranks), threads, [&] {
      return [&, row = std::vector<float>(pair_sums_.length())](long long chunk) mutable {
        run_with_lanes<GatherGradients>(bins_, pair_sums_, chunk_range(chunk, ranks), channels, row.data(),
                                        grad_screen, grad_colors);
      };
    });
    for (int c = 0; c < channels; ++c) {
      double sum = 0.0;
      for (int tile = 0; tile < size.tiles(); ++tile)
        sum += background_[static_cast<size_t>(tile) * channels + c];
      grad_background[c] = static_cast<float>(sum);
    }
  }

  size_t pairs() const { return bins_.pairs(); }

 private:
  SplatBins bins_;
  PairRows pair_sums_;
  std::vector<double> background_;
};

// Gauss-Newton of one camera after the other.
class Normal {
 public:
  // sums: NORMAL_TERMS.
  void operator()(const SplatCamera& camera, const SplatArrays& splats, bool antialias, ImageSize size,
                  const BlendImages& images, const float* color_slopes, const Targets& targets, int threads,
                  double* sums) {
    screen_.resize(SCREEN_FIELDS * splats.count), extent_.resize(2 * splats.count);
    project(camera, splats, antialias, threads, screen_.data(), extent_.data());
    bins_.fill(screen_.data(), extent_.data(), splats.count, size, threads);
    find_slopes(camera, splats, antialias, threads);
    tile_sums_.resize(static_cast<size_t>(size.tiles()) * NORMAL_TERMS);
    const SlopeArrays slopes = {slopes_.data(), color_slopes};
    for_each_tile(bins_, threads, [&] {
      return [&, work = TileNormal(images.colors)](int tile) mutable {
        run_with_lanes<NormalTile>(bins_, tile, slopes, images, targets, work,
                                   tile_sums_.data() + static_cast<long long>(tile) * NORMAL_TERMS);
      };
    });
    std::fill_n(sums, NORMAL_TERMS, 0.0);
    for (int tile = 0; tile < size.tiles(); ++tile)
      for (int i = 0; i < NORMAL_TERMS; ++i)
        sums[i] += tile_sums_[static_cast<size_t>(tile) * NORMAL_TERMS + i];
  }
  size_t pairs() const { return bins_.pairs(); }

 private:
  void find_slopes(const SplatCamera& camera, const SplatArrays& splats, bool antialias, int threads) {
    const long long ranks = static_cast<long long>(bins_.splats.size());
    slopes_.resize(ranks);
    parallel_for(chunks_of(ranks), threads, [&] {
      return [&](long long chunk) {
        const SplatRange range = chunk_range(chunk, ranks);
        find_range_slopes(camera, splats, bins_.splats.data(), range, antialias, slopes_.data());
      };
    });
  }

  SplatBins bins_;
  std::vector<float> screen_, extent_;
  std::vector<SplatSlopes> slopes_;
  std::vector<double> tile_sums_;
};

}  // namespace

OBJPOSE_API int objpose_project_splats(const float* means, const float* wxyz, const float* scales,
                                       const float* opacities, long long count, const double* cam_from_world,
                                       const double* K, long long cameras, int width, int height,
                                       double near_depth, int antialias, int threads, float* screen,
                                       float* extent) {
  return guarded([&] {
    const SplatArrays splats = {means, wxyz, scales, opacities, count};
    const Cameras views = {cam_from_world, K, width, height, near_depth};
    for_each_camera(cameras, threads, [&] {
      return [&](long long camera, int inner) {
        project(views.at(camera), splats, antialias != 0, inner, screen + SCREEN_FIELDS * count * camera,
                extent + 2 * count * camera);
      };
    });
  });
}

OBJPOSE_API int objpose_project_splats_adjoint(
    const float* means, const float* wxyz, const float* scales, const float* opacities, long long count,
    const double* cam_from_world, const double* K, long long cameras, int width, int height,
    double near_depth, int antialias, const float* extent, const float* grad_screen, int threads,
    float* grad_means, float* grad_wxyz, float* grad_scales, float* grad_opacities, double* grad_camera) {
  return guarded([&] {
    const SplatArrays splats = {means, wxyz, scales, opacities, count};
    const Cameras views = {cam_from_world, K, width, height, near_depth};
    const SplatGradients gradients = {grad_means, grad_wxyz, grad_scales, grad_opacities};
    std::fill_n(grad_means, 3 * count, 0.0f), std::fill_n(grad_wxyz, 4 * count, 0.0f);
    std::fill_n(grad_scales, 3 * count, 0.0f), std::fill_n(grad_opacities, count, 0.0f);
    sum_over_splats(
        count, cameras, threads, grad_camera, [&](SplatRange range, long long camera, double* sums) {
          project_range_adjoint(views.at(camera), splats, range, antialias != 0, extent + 2 * count * camera,
                                grad_screen + SCREEN_FIELDS * count * camera, gradients, sums);
        });
  });
}

// slopes: (cameras, count, 3, 3) or null.
OBJPOSE_API int objpose_shade_splats(const float* means, long long count, const float* sh, int coefficients,
                                     const double* cam_from_world, long long cameras, int threads,
                                     float* colors, float* slopes) {
  return guarded([&] {
    const HarmonicArrays splats = {means, sh, coefficients};
    const long long chunks = chunks_of(count);
    parallel_for(chunks * cameras, threads, [&] {
      return [&](long long item) {
        const long long camera = item / chunks;
        shade_range(cam_from_world + 12 * camera, splats, chunk_range(item % chunks, count),
                    colors + 3 * count * camera, slopes == nullptr ? nullptr : slopes + 9 * count * camera);
      };
    });
  });
}

OBJPOSE_API int objpose_shade_splats_adjoint(const float* means, long long count, const float* sh,
                                             int coefficients, const double* cam_from_world,
                                             long long cameras, const float* grad_colors, int threads,
                                             float* grad_means, float* grad_sh, double* grad_camera) {
  return guarded([&] {
    const HarmonicArrays splats = {means, sh, coefficients};
    std::fill_n(grad_means, 3 * count, 0.0f), std::fill_n(grad_sh, 3 * coefficients * count, 0.0f);
    sum_over_splats(count, cameras, threads, grad_camera,
                    [&](SplatRange range, long long camera, double* sums) {
                      shade_range_adjoint(cam_from_world + 12 * camera, splats, range,
                                          grad_colors + 3 * count * camera, grad_means, grad_sh, sums);
                    });
  });
}

// colors: (cameras, count, channels), or (1, count, channels) where color_step, the floats from one camera's
// to the next one's, is 0.
OBJPOSE_API int objpose_blend_splats(const float* screen, const float* extent, long long cameras,
                                     long long count, const float* colors, long long color_step, int channels,
                                     const float* background, int width, int height, int threads,
                                     float* color, float* alpha, float* depth_sum, float* median_depth) {
  return guarded([&] {
    const long long pixels = static_cast<long long>(width) * height;
    for_each_camera(cameras, threads, [&] {
      return [&, kept = Kept<SplatBins>()](long long camera, int inner) {
        SplatBins& bins = *kept;
        bins.fill(screen + SCREEN_FIELDS * count * camera, extent + 2 * count * camera, count,
                  {width, height}, inner);
        const long long first = pixels * camera;
        const BlendImages images = {
            {colors + color_step * camera, channels}, background + channels * camera,
            color + channels * first, alpha + first, depth_sum + first, median_depth + first};
        for_each_tile(bins, inner, [&] {
          return [&, sums = TileSums(images.colors)](int tile) mutable {
            run_with_lanes<BlendTile>(bins, tile, images, sums);
          };
        });
      };
    });
  });
}

// grad_colors: (cameras, count, channels), also where the colours are shared.
OBJPOSE_API int objpose_blend_splats_adjoint(const float* screen, const float* extent, long long cameras,
                                             long long count, const float* colors, long long color_step,
                                             int channels, const float* background, int width, int height,
                                             const float* grad_color, const float* grad_alpha,
                                             const float* grad_depth_sum, const float* grad_median_depth,
                                             int threads, float* grad_screen, float* grad_colors,
                                             float* grad_background) {
  return guarded([&] {
    const long long pixels = static_cast<long long>(width) * height;
    for_each_camera(cameras, threads, [&] {
      return [&, adjoint = Kept<Adjoint>()](long long camera, int inner) {
        const long long first = pixels * camera;
        const BlendImages images = {{colors + color_step * camera, channels}, background + channels * camera};
        (*adjoint)(screen + SCREEN_FIELDS * count * camera, extent + 2 * count * camera, count, {width, height},
                images,
                {grad_color + channels * first, grad_alpha + first, grad_depth_sum + first,
                 grad_median_depth + first},
                inner, grad_screen + SCREEN_FIELDS * count * camera, grad_colors + channels * count * camera,
                grad_background + channels * camera);
      };
    });
  });
}

// color_slopes: (cameras, count, channels, 3) or null. target_depth, target_alpha, weights: null where there
// are none. losses: kind, scale and weight of colour, depth and alpha. sums: (cameras, NORMAL_TERMS).
OBJPOSE_API int objpose_splat_normal_equations(
    const float* means, const float* wxyz, const float* scales, const float* opacities, long long count,
    const float* colors, long long color_step, const float* color_slopes, int channels,
    const double* cam_from_world, const double* K, long long cameras, int width, int height,
    double near_depth, int antialias, const float* background, const float* target, const float* target_depth,
    const float* target_alpha, const float* weights, const double* losses, int threads, double* sums) {
  return guarded([&] {
    const SplatArrays splats = {means, wxyz, scales, opacities, count};
    const Cameras views = {cam_from_world, K, width, height, near_depth};
    const auto image = [&](const float* images, long long camera) {
      return images == nullptr ? nullptr : images + static_cast<long long>(width) * height * camera;
    };
    for_each_camera(cameras, threads, [&] {
      return [&, normal = Kept<Normal>()](long long camera, int inner) {
        const Targets targets = {target + static_cast<long long>(width) * height * channels * camera,
                                 image(target_depth, camera),
                                 image(target_alpha, camera),
                                 image(weights, camera),
                                 make_loss(losses),
                                 make_loss(losses + 3),
                                 make_loss(losses + 6)};
        const BlendImages images = {{colors + color_step * camera, channels}, background + channels * camera};
        (*normal)(views.at(camera), splats, antialias != 0, {width, height}, images,
               color_slopes == nullptr ? nullptr : color_slopes + 3 * channels * count * camera, targets,
               inner, sums + NORMAL_TERMS * camera);
      };
    });
  });
}
