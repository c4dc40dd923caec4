// Paint drawn for trackers: on one thread and on some, then compared with a part of a picture.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Scene {
  std::vector<float> vertices, colors, uvs, poses, K, light;
  std::vector<int> faces, sizes;
  std::vector<unsigned char> texels, counts;
  long long vertex_count, face_count, pose_count;
  int side;
  bool is_painted, is_textured;

  explicit Scene(Draw& draw) {
    vertex_count = draw.whole(1, 200), face_count = draw.whole(0, 700), pose_count = draw.whole(0, 3);
    side = draw.whole(1, 40);
    vertices = draw.numbers(3 * vertex_count, -0.1f, 0.1f);
    faces = draw.wholes(3 * face_count, 0, static_cast<int>(vertex_count) - 1);
    colors = draw.numbers(3 * vertex_count, 0.0f, 1.0f), uvs = draw.numbers(2 * vertex_count, -1.0f, 2.0f);
    sizes = {2, 2, 1, 1}, texels = draw.bytes(15), counts = draw.bytes(1LL * side * side, 1);
    poses = draw.poses(pose_count), light = draw.numbers(4, -1.0f, 1.0f);
    for (const double entry : draw.pinholes(1, side, side)) K.push_back(static_cast<float>(entry));
    is_painted = draw.coin(), is_textured = draw.coin();
  }
  long long pixels() const { return pose_count * side * side; }
};

struct Drawing {
  std::vector<float> color, depth, normals;

  Drawing(const Scene& s, int threads, bool clears_border, int expected = 0)
      : color(3 * s.pixels()), depth(s.pixels()), normals(3 * s.pixels()) {
    const int status = objpose_draw_paint(
        s.vertices.data(), s.vertex_count, s.faces.data(), s.face_count,
        s.is_painted ? s.colors.data() : nullptr,
        s.is_textured ? s.uvs.data() : nullptr, s.is_textured ? s.texels.data() : nullptr,
        s.is_textured ? s.sizes.data() : nullptr, s.is_textured ? 2 : 0, s.poses.data(), s.pose_count,
        s.K.data(), s.counts.data(), s.light.data(), s.side, 0.01f, 0.5f, 0.2f, clears_border, threads,
        color.data(), depth.data(), normals.data());
    REQUIRE(status == expected);
  }
};

void compare(Draw& draw, const Scene& s, const Drawing& drawn) {
  const int height = draw.whole(1, 60), width = draw.whole(1, 90), cell = draw.whole(1, 9);
  const std::vector<unsigned char> rgb = draw.bytes(3LL * height * width);
  const long long far[] = {0, -(1LL << 40), 1LL << 40};
  const long long left = draw.whole(-60, 99) + far[draw.whole(0, 2)], top = draw.whole(-60, 99);
  std::vector<float> seen(3LL * s.side * s.side), channels(seen.size()), slopes(2 * seen.size());
  std::vector<unsigned char> inside(1LL * s.side * s.side);
  REQUIRE(objpose_cell_means(rgb.data(), height, width, left, top, cell, s.side, seen.data(),
                             inside.data()) == 0);
  for (const float value : seen) REQUIRE(value >= 0.0f && value <= 1.001f);
  REQUIRE(objpose_picture_channels(seen.data(), s.side, channels.data(), slopes.data()) == 0);
  for (const float value : channels) REQUIRE(std::isfinite(value));
  std::vector<float> likeness(2 * s.pose_count);
  REQUIRE(objpose_paint_likeness(drawn.color.data(), drawn.depth.data(), s.pose_count, seen.data(),
                                 1LL * s.side * s.side, draw.whole(1, 50), 0.04f, likeness.data()) == 0);
}

}  // namespace

void paint(Draw& draw) {
  Scene scene(draw);
  const bool clears_border = draw.coin();
  const Drawing alone(scene, 1, clears_border), shared(scene, draw.whole(1, 4), clears_border);
  REQUIRE(same(alone.depth, shared.depth) && same(alone.color, shared.color));
  const long long count = 1LL * scene.side * scene.side;
  for (long long i = 0; i < scene.pixels(); ++i) REQUIRE(scene.counts[i % count] || alone.depth[i] == 0.0f);
  compare(draw, scene, alone);
  if (scene.face_count == 0) return;
  const int last = static_cast<int>(scene.faces.size()) - 1;
  scene.faces[draw.whole(0, last)] = draw.coin() ? -1 : static_cast<int>(scene.vertex_count);
  Drawing(scene, 1, clears_border, 2);
}

}  // namespace fuzz
