// Meshes on the CPU, behind the C ABI of abi.h. Arrays are contiguous; shapes and units are those of the
// torch ops in meshes/ops.py.
#include <algorithm>

#include "cpu/abi.h"
#include "cpu/parallel.h"
#include "cpu/pixels.h"
#include "cpu/rasterize.h"

using namespace objpose;

namespace {

// Raised with every change of a signature in cpu/*.cpp; constants.py holds the same number.
constexpr int ABI_VERSION = 13;
// Pixels a thread takes at a time: far more work than the taking costs.
constexpr long long PIXEL_CHUNK = 1 << 14;

// Calls use(range) for all pixels, whose faces are then known to be there.
template <typename Use>
void for_each_range(const PixelStack& pixels, int threads, const Use& use) {
  parallel_for((pixels.count + PIXEL_CHUNK - 1) / PIXEL_CHUNK, threads, [&] {
    return [&](long long chunk) {
      const PixelRange range = {chunk * PIXEL_CHUNK, std::min(pixels.count, (chunk + 1) * PIXEL_CHUNK)};
      require_faces(pixels, range);
      use(range);
    };
  });
}

}  // namespace

OBJPOSE_API int objpose_abi_version() { return ABI_VERSION; }

OBJPOSE_API const char* objpose_last_error() { return last_error().c_str(); }

OBJPOSE_API int objpose_rasterize(const float* vertices, long long vertex_count, const int* faces,
                                  long long face_count, const double* cam_from_obj, const double* K,
                                  long long poses, int width, int height, double near_depth, int threads,
                                  float* depth, int* face_ids, float* bary, float* footprint) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const RasterizeCall call = {{vertices, vertex_count, faces, face_count},
                                cam_from_obj,
                                K,
                                width,
                                height,
                                near_depth,
                                depth,
                                face_ids,
                                bary,
                                footprint};
    const int bands = bands_for(poses, threads);
    parallel_for(poses * bands, threads, [&] { return BandRasterizer(call, bands); });
  });
}

OBJPOSE_API int objpose_interpolate(const float* attributes, long long vertex_count, int channels,
                                    const int* faces, long long face_count, const int* face_ids,
                                    const float* bary, long long pixels, int threads, float* out) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const PixelStack stack = {face_ids, bary, pixels, faces, face_count};
    for_each_range(stack, threads,
                   [&](PixelRange range) { interpolate_range(stack, range, attributes, channels, out); });
  });
}

// grad_attributes: (vertices, channels). Each thread has vertices of its own and goes through all pixels: sums
// do not depend on the number of threads.
OBJPOSE_API int objpose_interpolate_adjoint(const float* attributes, long long vertex_count, int channels,
                                            const int* faces, long long face_count, const int* face_ids,
                                            const float* bary, const float* grad_out, long long pixels,
                                            int threads, float* grad_attributes, float* grad_bary) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const PixelStack stack = {face_ids, bary, pixels, faces, face_count};
    for_each_range(stack, threads, [&](PixelRange range) {
      interpolate_bary_adjoint(stack, range, attributes, channels, grad_out, grad_bary);
    });
    std::fill_n(grad_attributes, vertex_count * channels, 0.0f);
    const long long parts = std::max(1, threads);
    parallel_for(parts, threads, [&] {
      return [&](long long part) {
        const int first = static_cast<int>(vertex_count * part / parts);
        const int last = static_cast<int>(vertex_count * (part + 1) / parts);
        interpolate_vertex_adjoint(stack, first, last, channels, grad_out, grad_attributes);
      };
    });
  });
}

OBJPOSE_API int objpose_sample_texture(const unsigned char* texels, const int* sizes, int levels,
                                       const float* uvs, long long vertex_count, const int* faces,
                                       long long face_count, const int* face_ids, const float* bary,
                                       const float* footprint, long long pixels, int threads, float* out) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const Pyramid pyramid = {texels, sizes, levels};
    const PixelStack stack = {face_ids, bary, pixels, faces, face_count};
    for_each_range(stack, threads,
                   [&](PixelRange range) { sample_range(stack, range, pyramid, uvs, footprint, out); });
  });
}

OBJPOSE_API int objpose_face_normals(const float* vertices, long long vertex_count, const int* faces,
                                     long long face_count, const double* cam_from_obj, const int* face_ids,
                                     long long poses, long long pixels_per_pose, int threads, float* out) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const PixelStack stack = {face_ids, nullptr, poses * pixels_per_pose, faces, face_count};
    for_each_range(stack, threads, [&](PixelRange range) {
      while (range.first < range.last) {
        const long long pose = range.first / pixels_per_pose;
        const long long last = std::min(range.last, (pose + 1) * pixels_per_pose);
        normal_range(stack, {range.first, last}, vertices, cam_from_obj + 12 * pose, out);
        range.first = last;
      }
    });
  });
}
