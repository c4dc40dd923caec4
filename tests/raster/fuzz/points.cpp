// Surface points on measured depth, and patches on grey values.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Poses {
  long long count;
  std::vector<float> cam_from_obj, centre, normal, gradient, cost;

  explicit Poses(Draw& draw) : count(draw.whole(0, 4)) {
    cam_from_obj = draw.poses(count), centre = draw.numbers(3, -0.01f, 0.01f);
    normal.resize(36 * count), gradient.resize(6 * count), cost.resize(count);
  }
};

void depths(Draw& draw, int width, int height, const std::vector<float>& K) {
  const long long views = draw.whole(1, 3), count = draw.whole(0, 100);
  Poses poses(draw);
  const std::vector<float> depth = draw.numbers(1LL * width * height, 0.0f, 0.8f);
  const std::vector<float> points = draw.numbers(3 * views * count, -0.1f, 0.1f);
  const std::vector<float> normals = draw.numbers(3 * views * count, -1.0f, 1.0f);
  const std::vector<int> view = draw.wholes(poses.count, 0, static_cast<int>(views) - 1);
  std::vector<int> counts(4 * poses.count);
  REQUIRE(objpose_depth_equations(depth.data(), height, width, K.data(), points.data(), normals.data(),
                                  view.data(), count, poses.cam_from_obj.data(), poses.count,
                                  poses.centre.data(), draw.number(0.0f, 0.1f), draw.number(0.0f, 0.01f),
                                  draw.number(0.0f, 0.01f), draw.number(0.0f, 0.01f), poses.normal.data(),
                                  poses.gradient.data(), poses.cost.data(), counts.data()) == 0);
  const std::vector<float> front = draw.numbers(views * count, 0.0f, 0.1f);
  std::vector<unsigned char> usable = draw.bytes(poses.count * count, 1);
  REQUIRE(objpose_clear_hidden(depth.data(), height, width, K.data(), points.data(), front.data(),
                               view.data(), count, poses.cam_from_obj.data(), poses.count,
                               draw.number(0.0f, 0.01f), draw.number(0.0f, 0.01f), draw.number(0.0f, 0.1f),
                               usable.data()) == 0);
}

void patches(Draw& draw, int width, int height, const std::vector<float>& K) {
  const std::vector<unsigned char> rgb = draw.bytes(3LL * width * height);
  const int left = draw.whole(0, width - 1), top = draw.whole(0, height - 1);
  const int part_width = draw.whole(1, width - left), part_height = draw.whole(1, height - top);
  const int levels = draw.whole(1, 4), level = draw.whole(0, levels - 1);
  long long size = 0, start = 0;
  for (int k = 0; k < levels; ++k) {
    if (k == level) start = size;
    size += 1LL * (part_width >> k) * (part_height >> k);
  }
  std::vector<float> grey(size);
  REQUIRE(objpose_grey_pyramid(rgb.data(), width, left, top, part_width, part_height, levels,
                               grey.data()) == 0);
  const std::vector<float> image(grey.begin() + start,
                                 grey.begin() + start + 1LL * (part_width >> level) * (part_height >> level));
  std::vector<float> strength(image.size());
  REQUIRE(objpose_find_corners(image.data(), part_height >> level, part_width >> level, strength.data()) == 0);
  const long long count = draw.whole(0, 40);
  Poses poses(draw);
  const std::vector<float> points = draw.numbers(48 * count, -0.1f, 0.1f);
  const std::vector<float> values = draw.numbers(16 * count, -60.0f, 60.0f);
  const std::vector<float> normals = draw.numbers(3 * count, -1.0f, 1.0f);
  const std::vector<unsigned char> usable = draw.bytes(count, 1);
  std::vector<int> counts(2 * poses.count);
  std::vector<float> rms(poses.count * count);
  REQUIRE(objpose_patch_equations(image.data(), part_height >> level, part_width >> level, left, top,
                                  1LL << level, K.data(), points.data(), values.data(), normals.data(),
                                  usable.data(), count, poses.cam_from_obj.data(), poses.count,
                                  poses.centre.data(), draw.number(1.0f, 20.0f), poses.normal.data(),
                                  poses.gradient.data(), poses.cost.data(), counts.data(), rms.data()) == 0);
}

}  // namespace

void points(Draw& draw) {
  const int width = draw.whole(1, 90), height = draw.whole(1, 60);
  std::vector<float> K;
  for (const double entry : draw.pinholes(1, width, height)) K.push_back(static_cast<float>(entry));
  depths(draw, width, height, K);
  patches(draw, width, height, K);
}

}  // namespace fuzz
