// Paint drawn and compared for trackers, on the CPU, behind the C ABI of abi.h: shapes and units are those of
// paint/stages.py.
#include "cpu/paint.h"

#include "cpu/abi.h"
#include "cpu/parallel.h"

using namespace objpose;

OBJPOSE_API int objpose_draw_paint(const float* vertices, long long vertex_count, const int* faces,
                                   long long face_count, const float* colors, const float* uvs,
                                   const unsigned char* texels, const int* sizes, int levels,
                                   const float* poses, long long pose_count, const float* K,
                                   const unsigned char* counts, const float* light, int side,
                                   float near_depth, float plain, float least, int clears_border, int threads,
                                   float* color, float* depth, float* normals) {
  return guarded([&] {
    require_vertices(faces, face_count, vertex_count);
    const PaintCall call = {{{vertices, vertex_count, faces, face_count}, colors, uvs, {texels, sizes, levels}},
                            poses,
                            K,
                            counts,
                            light,
                            side,
                            near_depth,
                            plain,
                            least,
                            clears_border != 0,
                            color,
                            depth,
                            normals};
    parallel_for(pose_count, threads, [&] { return PaintDrawer(call); });
  });
}

OBJPOSE_API int objpose_paint_likeness(const float* color, const float* depth, long long pose_count,
                                       const float* seen, long long pixels, int least, float plain,
                                       float* out) {
  return guarded([&] {
    for (long long pose = 0; pose < pose_count; ++pose)
      paint_likeness(color + 3 * pose * pixels, depth + pose * pixels, seen, pixels, least, plain,
                     out + 2 * pose);
  });
}

OBJPOSE_API int objpose_cell_means(const unsigned char* rgb, long long height, long long width,
                                   long long left, long long top, int cell, int side, float* seen,
                                   unsigned char* inside) {
  return guarded([&] {
    cell_means({rgb, static_cast<int>(height), static_cast<int>(width), left, top, cell, side}, seen, inside);
  });
}

OBJPOSE_API int objpose_picture_channels(const float* rgb, int side, float* channels, float* slopes) {
  return guarded([&] { run_with_lanes<PictureChannels>(rgb, side, channels, slopes); });
}
