// Correspondence lines: one look along them, what they say, and the step that follows.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Scene {
  int width, height;
  long long views, count, poses;
  std::vector<unsigned char> rgb, usable;
  std::vector<float> points, normals, reach, cam_from_obj, K, centre;
  std::vector<int> view;

  explicit Scene(Draw& draw) {
    width = draw.whole(1, 90), height = draw.whole(1, 60);
    views = draw.whole(1, 3), count = draw.whole(0, 80), poses = draw.whole(0, 4);
    rgb = draw.bytes(3LL * width * height);
    points = draw.numbers(3 * views * count, -0.1f, 0.1f), normals = draw.numbers(3 * views * count, -1.0f, 1.0f);
    reach = draw.numbers(2 * views * count, 0.0f, 0.3f);
    view = draw.wholes(poses, 0, static_cast<int>(views) - 1), usable = draw.bytes(poses * count, 1);
    cam_from_obj = draw.poses(poses), centre = draw.numbers(3, -0.01f, 0.01f);
    for (const double entry : draw.pinholes(1, width, height)) K.push_back(static_cast<float>(entry));
  }
};

}  // namespace

// What every function of lines is told of the outline.
#define OUTLINE                                                                                       \
  s.points.data(), s.normals.data(), s.reach.data(), s.view.data(), s.usable.data(), s.count, \
      s.cam_from_obj.data(), s.poses, s.K.data()

void lines(Draw& draw) {
  constexpr int COLORS = 32 * 32 * 32;
  const Scene s(draw);
  std::vector<int> view(s.poses, 0), counts(2 * COLORS, 0);
  REQUIRE(objpose_nearest_views(s.normals.data(), s.count, s.centre.data(), s.cam_from_obj.data(), s.poses,
                                view.data()) == 0);
  REQUIRE(objpose_count_colors(s.rgb.data(), s.height, s.width, OUTLINE, counts.data()) == 0);
  std::vector<float> histograms(2 * COLORS, 0.0f), table(COLORS), scratch(2 * COLORS);
  double contrast;
  REQUIRE(objpose_blend_colors(counts.data(), draw.sane(0.0f, 1.0f), histograms.data(), table.data(),
                               scratch.data(), &contrast) == 0);
  const int positions = draw.whole(0, 70), scale = draw.whole(-1, 34);
  const bool is_meant = positions >= 2 && positions <= 64;
  std::vector<float> placement(7 * s.poses * s.count, 0.0f), posterior(positions * s.poses * s.count, 0.0f);
  REQUIRE(objpose_line_profiles(s.rgb.data(), s.height, s.width, table.data(), OUTLINE, scale,
                                placement.data(), posterior.data(), positions) ==
          (is_meant && scale >= 1 && scale <= 32 ? 0 : 1));
  std::vector<float> normal(36 * s.poses, 0.0f), gradient(6 * s.poses, 0.0f), cost(s.poses), numbers(6 * s.poses);
  REQUIRE(objpose_line_equations(placement.data(), posterior.data(), positions, OUTLINE, s.centre.data(),
                                 draw.number(0.5f, 20.0f), normal.data(), gradient.data(),
                                 cost.data()) == (is_meant ? 0 : 1));
  if (is_meant)
    REQUIRE(objpose_line_statistics(placement.data(), posterior.data(), positions, OUTLINE,
                                    draw.number(0.5f, 9.0f), numbers.data()) == 0);
  std::vector<float> moved(7 * s.poses);
  REQUIRE(objpose_move_poses(s.cam_from_obj.data(), s.poses, s.centre.data(), normal.data(), gradient.data(),
                             s.K.data(), draw.number(0.0f, 0.2f), 1.0, 1.0, moved.data()) == 0);
}

}  // namespace fuzz
