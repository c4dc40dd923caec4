// Meshes on CUDA devices: what pixels show of their surfaces, one thread a pixel. Arrays as in
// cpu/meshes.cpp.
#include "cuda/structures.h"
#include "cuda/threads.h"
#include "shared/interpolate.h"
#include "shared/normals.h"

using namespace objpose;

namespace {

constexpr int CHANNEL_ROUND = 4;  // that a thread sums at a time

}  // namespace

extern "C" __global__ void interpolate(const float* attributes, int channels, const int* faces,
                                       const int* face_ids, const float* bary, long long pixels, float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  if (face_ids[i] >= 0)
    interpolate_pixel(attributes, channels, faces + 3LL * face_ids[i], bary[2 * i], bary[2 * i + 1],
                      out + i * channels);
  else
    for (int c = 0; c < channels; ++c) out[i * channels + c] = 0.0f;
}

// keys (pixels, 3): the vertices at a covered pixel's corners, `vertices` where it is not covered.
extern "C" __global__ void interpolate_adjoint(const float* attributes, int channels, const int* faces,
                                               const int* face_ids, const float* grad_out, long long pixels,
                                               int vertices, SortKeys keys, float* grad_bary) {
  const long long i = thread_index();
  if (i >= pixels) return;
  const bool covered = face_ids[i] >= 0;
  const int* const corners = faces + 3LL * (covered ? face_ids[i] : 0);
  grad_bary[2 * i] = grad_bary[2 * i + 1] = 0.0f;
  if (covered)
    interpolate_pixel_adjoint(attributes, channels, corners, grad_out + i * channels, grad_bary + 2 * i);
  for (int k = 0; k < 3; ++k) keys.store(3 * i + k, covered ? corners[k] : vertices);
}

// One warp a vertex: sums over the corners of pixels that are it, which `order` names from ends[vertex - 1]
// to ends[vertex].
extern "C" __global__ void sum_corners(const float* grad_out, int channels, const float* bary,
                                       const long long* order, const int* ends, long long vertices,
                                       float* grad_attributes) {
  const long long vertex = thread_index() / WARP;
  if (vertex >= vertices) return;
  const int begin = vertex > 0 ? ends[vertex - 1] : 0, end = ends[vertex];
  for (int first = 0; first < channels; first += CHANNEL_ROUND) {
    float sums[CHANNEL_ROUND] = {0.0f};
    for (int i = begin + lane_index(); i < end; i += WARP) {
      const long long pixel = order[i] / 3;
      const int corner = static_cast<int>(order[i] % 3);
      const float b1 = bary[2 * pixel], b2 = bary[2 * pixel + 1];
      const float weight = corner == 0 ? 1.0f - b1 - b2 : corner == 1 ? b1 : b2;
      for (int c = 0; c < CHANNEL_ROUND; ++c)
        if (first + c < channels) sums[c] += weight * grad_out[pixel * channels + first + c];
    }
    store_share(sums, channels - first, grad_attributes + vertex * channels + first, 1);
  }
}

extern "C" __global__ void sample_texture(Pyramid pyramid, const float* uvs, const int* faces,
                                          const int* face_ids, const float* bary, const float* footprint,
                                          long long pixels, float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
  if (face_ids[i] >= 0)
    sample_texture_pixel(pyramid, uvs, faces + 3LL * face_ids[i], bary[2 * i], bary[2 * i + 1], footprint[i],
                         out + 3 * i);
}

extern "C" __global__ void face_normals(const float* vertices, const int* faces, const double* cam_from_obj,
                                        const int* face_ids, long long pixels_per_pose, long long pixels,
                                        float* out) {
  const long long i = thread_index();
  if (i >= pixels) return;
  out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
  if (face_ids[i] < 0) return;
  const int* corners = faces + 3LL * face_ids[i];
  const View view = make_view(cam_from_obj + 12 * (i / pixels_per_pose), UNIT_K, 0.0);
  facing_normal(view, vertices + 3LL * corners[0], vertices + 3LL * corners[1], vertices + 3LL * corners[2],
                out + 3 * i);
}
