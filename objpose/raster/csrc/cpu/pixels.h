// What a mesh's surface shows at the pixels of a rasterized stack of images, range by range. Each pixel has a
// face id, or -1.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include "cpu/clones.h"
#include "shared/interpolate.h"
#include "shared/normals.h"
#include "shared/texture.h"

namespace objpose {

struct PixelStack {
  const int* face_ids;
  const float* bary;  // (count, 2)
  long long count;
  const int* faces;
  long long face_count;

  const int* corners(long long pixel) const {
    return face_ids[pixel] < 0 ? nullptr : faces + 3LL * face_ids[pixel];
  }
};

// Pixels from the first to before the last.
struct PixelRange {
  long long first, last;
};

// (No exception comes out of a cloned function: GCC takes them all for such as throw none.)
OBJPOSE_CLONES
static int highest_face(const PixelStack& pixels, PixelRange range) {
  int highest = -1;
  for (long long i = range.first; i < range.last; ++i) highest = std::max(highest, pixels.face_ids[i]);
  return highest;
}

inline void require_faces(const PixelStack& pixels, PixelRange range) {
  const int highest = highest_face(pixels, range);
  if (highest >= pixels.face_count)
    throw std::out_of_range("face_ids name face " + std::to_string(highest) + " of " +
                            std::to_string(pixels.face_count));
}

inline void require_vertices(const int* faces, long long face_count, long long vertex_count) {
  int lowest = 0, highest = -1;
  for (long long i = 0; i < 3 * face_count; ++i) {
    lowest = std::min(lowest, faces[i]);
    highest = std::max(highest, faces[i]);
  }
  if (lowest < 0 || highest >= vertex_count)
    throw std::out_of_range("faces name vertex " + std::to_string(lowest < 0 ? lowest : highest) + " of " +
                            std::to_string(vertex_count));
}

OBJPOSE_CLONES
static void interpolate_range(const PixelStack& pixels, PixelRange range, const float* attributes,
                              int channels, float* out) {
  for (long long i = range.first; i < range.last; ++i) {
    const int* const corners = pixels.corners(i);
    float* const to = out + i * channels;
    if (corners == nullptr)
      for (int c = 0; c < channels; ++c) to[c] = 0.0f;
    else
      interpolate_pixel(attributes, channels, corners, pixels.bary[2 * i], pixels.bary[2 * i + 1], to);
  }
}

OBJPOSE_CLONES
[[maybe_unused]] static void interpolate_bary_adjoint(const PixelStack& pixels, PixelRange range, const float* attributes,
                                     int channels, const float* grad_out, float* grad_bary) {
  for (long long i = range.first; i < range.last; ++i) {
    const int* const corners = pixels.corners(i);
    if (corners == nullptr)
      grad_bary[2 * i] = grad_bary[2 * i + 1] = 0.0f;
    else
      interpolate_pixel_adjoint(attributes, channels, corners, grad_out + i * channels, grad_bary + 2 * i);
  }
}

// The gradients of the vertices `first` to before `last`, each summed in the order of all pixels.
inline void interpolate_vertex_adjoint(const PixelStack& pixels, int first, int last, int channels,
                                       const float* grad_out, float* grad_attributes) {
  for (long long i = 0; i < pixels.count; ++i) {
    const int* const corners = pixels.corners(i);
    if (corners == nullptr) continue;
    const float b1 = pixels.bary[2 * i], b2 = pixels.bary[2 * i + 1], weights[3] = {1.0f - b1 - b2, b1, b2};
    for (int k = 0; k < 3; ++k) {
      if (corners[k] < first || corners[k] >= last) continue;
      float* const to = grad_attributes + static_cast<long long>(corners[k]) * channels;
      for (int c = 0; c < channels; ++c) to[c] += weights[k] * grad_out[i * channels + c];
    }
  }
}

OBJPOSE_CLONES
static void sample_range(const PixelStack& pixels, PixelRange range, const Pyramid& pyramid, const float* uvs,
                         const float* footprint, float* out) {
  for (long long i = range.first; i < range.last; ++i) {
    const int* const corners = pixels.corners(i);
    if (corners == nullptr)
      out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
    else
      sample_texture_pixel(pyramid, uvs, corners, pixels.bary[2 * i], pixels.bary[2 * i + 1], footprint[i],
                           out + 3 * i);
  }
}

// Of pixels of one pose.
OBJPOSE_CLONES
static void normal_range(const PixelStack& pixels, PixelRange range, const float* vertices,
                         const double* cam_from_obj, float* out) {
  const View view = make_view(cam_from_obj, UNIT_K, 0.0);
  for (long long i = range.first; i < range.last; ++i) {
    const int* const corners = pixels.corners(i);
    if (corners == nullptr)
      out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = 0.0f;
    else
      facing_normal(view, vertices + 3LL * corners[0], vertices + 3LL * corners[1],
                    vertices + 3LL * corners[2], out + 3 * i);
  }
}

}  // namespace objpose
