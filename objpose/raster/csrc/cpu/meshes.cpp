// Meshes on the CPU, behind the C ABI of abi.h. Arrays are contiguous; shapes and units are those of the
// torch ops in meshes/ops.py.
#include <algorithm>

#include "cpu/abi.h"
#include "cpu/parallel.h"
#include "cpu/rasterize.h"
#include "shared/interpolate.h"
#include "shared/normals.h"
#include "shared/texture.h"

using namespace objpose;

namespace {

// Raised with every change of a signature in cpu/*.cpp; constants.py holds the same number.
constexpr int ABI_VERSION = 11;
// Pixels a thread takes at a time: far more work than the taking costs.
constexpr long long PIXEL_CHUNK = 1 << 14;

void require_vertices(const int* faces, long long face_count, long long vertex_count) {
  int lowest = 0, highest = -1;
  for (long long i = 0; i < 3 * face_count; ++i) {
    lowest = std::min(lowest, faces[i]);
    highest = std::max(highest, faces[i]);
  }
  if (lowest < 0 || highest >= vertex_count)
    throw std::out_of_range("faces name vertex " + std::to_string(lowest < 0 ? lowest : highest) + " of " +
                            std::to_string(vertex_count));
}

// The pixels of a rasterized stack of images: each has a face id, or -1.
struct PixelStack {
  const int* face_ids;
  long long count;
  const int* faces;
  long long face_count;
};

// Calls covered(i, corners) for every pixel with a face and empty(i) for the others.
template <typename Covered, typename Empty>
void for_each_pixel(const PixelStack& pixels, int threads, const Covered& covered, const Empty& empty) {
  parallel_for((pixels.count + PIXEL_CHUNK - 1) / PIXEL_CHUNK, threads, [&] {
    return [&](long long chunk) {
      const long long end = std::min(pixels.count, (chunk + 1) * PIXEL_CHUNK);
      for (long long i = chunk * PIXEL_CHUNK; i < end; ++i) {
        const int face = pixels.face_ids[i];
        if (face >= pixels.face_count)
          throw std::out_of_range("face_ids name face " + std::to_string(face) + " of " +
                                  std::to_string(pixels.face_count));
        if (face >= 0)
          covered(i, pixels.faces + 3LL * face);
        else
          empty(i);
      }
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
    for_each_pixel(
        {face_ids, pixels, faces, face_count}, threads,
        [&](long long i, const int* corners) {
          interpolate_pixel(attributes, channels, corners, bary[2 * i], bary[2 * i + 1], out + i * channels);
        },
        [&](long long i) { std::fill_n(out + i * channels, channels, 0.0f); });
  });
}

// grad_attributes (vertices, channels) is filled by one thread in the order of the pixels: sums that do not
// depend on the number of threads.
OBJPOSE_API int objpose_interpolate_adjoint(const float* attributes, long long vertex_count, int channels,
                                            const int* faces, long long face_count, const int* face_ids,
                                            const float* bary, const float* grad_out, long long pixels,
                                            int threads, float* grad_attributes, float* grad_bary) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    for_each_pixel(
        {face_ids, pixels, faces, face_count}, threads,
        [&](long long i, const int* corners) {
          interpolate_pixel_adjoint(attributes, channels, corners, grad_out + i * channels,
                                    grad_bary + 2 * i);
        },
        [&](long long i) { std::fill_n(grad_bary + 2 * i, 2, 0.0f); });
    std::fill_n(grad_attributes, vertex_count * channels, 0.0f);
    for (long long i = 0; i < pixels; ++i) {
      if (face_ids[i] < 0) continue;
      const int* corners = faces + 3LL * face_ids[i];
      const float weights[3] = {1.0f - bary[2 * i] - bary[2 * i + 1], bary[2 * i], bary[2 * i + 1]};
      for (int k = 0; k < 3; ++k)
        for (int c = 0; c < channels; ++c)
          grad_attributes[static_cast<long long>(corners[k]) * channels + c] +=
              weights[k] * grad_out[i * channels + c];
    }
  });
}

OBJPOSE_API int objpose_sample_texture(const unsigned char* texels, const int* sizes, int levels,
                                       const float* uvs, long long vertex_count, const int* faces,
                                       long long face_count, const int* face_ids, const float* bary,
                                       const float* footprint, long long pixels, int threads, float* out) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const Pyramid pyramid = {texels, sizes, levels};
    for_each_pixel(
        {face_ids, pixels, faces, face_count}, threads,
        [&](long long i, const int* corners) {
          sample_texture_pixel(pyramid, uvs, corners, bary[2 * i], bary[2 * i + 1], footprint[i],
                               out + 3 * i);
        },
        [&](long long i) { std::fill_n(out + 3 * i, 3, 0.0f); });
  });
}

OBJPOSE_API int objpose_face_normals(const float* vertices, long long vertex_count, const int* faces,
                                     long long face_count, const double* cam_from_obj, const int* face_ids,
                                     long long poses, long long pixels_per_pose, int threads, float* out) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const PixelStack pixels = {face_ids, poses * pixels_per_pose, faces, face_count};
    for_each_pixel(
        pixels, threads,
        [&](long long i, const int* corners) {
          const View view = make_view(cam_from_obj + 12 * (i / pixels_per_pose), UNIT_K, 0.0);
          facing_normal(view, vertices + 3LL * corners[0], vertices + 3LL * corners[1],
                        vertices + 3LL * corners[2], out + 3 * i);
        },
        [&](long long i) { std::fill_n(out + 3 * i, 3, 0.0f); });
  });
}
