// Mesh rasterization on the CPU: one work item is one pose and one band of its rows.
#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/fill.h"

namespace objpose {

struct RasterizeCall {
  MeshArrays mesh;
  const double* cam_from_obj;  // (poses, 3, 4)
  const double* K;             // (poses, 3, 3)
  int width, height;
  double near_depth;
  float* depth;      // (poses, height, width)
  int* face_ids;     // the same, or null: then depth only
  float* bary;       // (poses, height, width, 2)
  float* footprint;  // (poses, height, width)
};

// What one thread reuses from pose to pose.
class BandRasterizer {
 public:
  BandRasterizer(const RasterizeCall& call, int bands) : call_(call), bands_(bands) {
    screen_.x.resize(call.mesh.vertex_count);
    screen_.y.resize(call.mesh.vertex_count);
    screen_.inverse_depth.resize(call.mesh.vertex_count);
  }

  void operator()(long long item) {
    const long long pose = item / bands_, band = item % bands_;
    const int top = static_cast<int>(band * call_.height / bands_);
    const int bottom = static_cast<int>((band + 1) * call_.height / bands_) - 1;
    if (bottom < top) return;
    const View view = make_view(call_.cam_from_obj + 12 * pose, call_.K + 9 * pose, call_.near_depth);
    const bool with_ids = call_.face_ids != nullptr;
    buffer_.clear({-view.whole_x, call_.width - 1 - view.whole_x, top - view.whole_y, bottom - view.whole_y},
                  with_ids);
    project_vertices(view, call_.mesh.vertices, call_.mesh.vertex_count, screen_.x.data(), screen_.y.data(),
                     screen_.inverse_depth.data());
    (with_ids ? fill_depth_and_ids : fill_depth)(view, call_.mesh, screen_, buffer_);
    for (int row = top; row <= bottom; ++row) {
      const long long first = (pose * call_.height + row) * call_.width;
      const float* inverse_depth = buffer_.inverse_depth.data() + (row - top) * buffer_.stride;
      invert_row(inverse_depth, call_.width, call_.depth + first);
      if (with_ids) write_surface_row(view, row, top, first);
    }
  }

 private:
  void write_surface_row(const View& view, int row, int top, long long first) {
    const int* ids = buffer_.face_ids.data() + (row - top) * buffer_.stride;
    std::memcpy(call_.face_ids + first, ids, sizeof(int) * call_.width);
    for (int x = 0; x < call_.width; ++x) {
      SurfacePoint point = {0.0f, 0.0f, 0.0f};
      if (ids[x] >= 0)
        point = point_on(view, call_.mesh.faces + 3LL * ids[x], x - view.whole_x, row - view.whole_y);
      call_.bary[2 * (first + x)] = point.b1;
      call_.bary[2 * (first + x) + 1] = point.b2;
      call_.footprint[first + x] = point.footprint;
    }
  }

  SurfacePoint point_on(const View& view, const int* corners, int x, int y) const {
    const ScreenTriangle triangle = screen_.triangle(corners);
    if (!needs_clipping(triangle)) return surface_point(triangle, x, y);
    const float* vertices = call_.mesh.vertices;
    return clipped_surface_point(view, to_camera(view, vertices + 3LL * corners[0]),
                                 to_camera(view, vertices + 3LL * corners[1]),
                                 to_camera(view, vertices + 3LL * corners[2]), x, y);
  }

  const RasterizeCall& call_;
  int bands_;
  ScreenVertices screen_;
  ZBuffer buffer_;
};

// Whole images when there are enough to keep every thread busy to the end; otherwise also bands of rows,
// although each band transforms all vertices again.
inline int bands_for(long long poses, int threads) {
  if (threads <= 1 || poses >= 4LL * threads) return 1;
  return static_cast<int>((2LL * threads + poses - 1) / std::max(poses, 1LL));
}

}  // namespace objpose
