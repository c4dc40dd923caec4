// Points of a scene on surfaces, and steps of poses.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

void surfaces(Draw& draw) {
  const int surface = draw.whole(1, 60), count = draw.whole(0, 80), poses = draw.whole(0, 20);
  const int last[3] = {draw.whole(0, 6), draw.whole(0, 6), draw.whole(0, 6)};
  const long long cells = (last[0] + 1LL) * (last[1] + 1LL) * (last[2] + 1LL);
  const std::vector<float> points = draw.numbers(6LL * surface, -0.1f, 0.1f);
  const std::vector<int> closest = draw.wholes(cells, 0, surface - 1);
  const std::vector<int> behind = draw.wholes(cells, 0, surface - 1);
  std::vector<float> grid = draw.numbers(4, -0.1f, 0.1f);
  for (const int place : last) grid.push_back(static_cast<float>(place));
  for (const float number : draw.numbers(4, -0.1f, 0.1f)) grid.push_back(number);
  const std::vector<float> scene = draw.numbers(3LL * count, -0.2f, 0.6f);
  const std::vector<float> normals = draw.numbers(3LL * count, -1.0f, 1.0f);
  const std::vector<float> similarity = draw.numbers(1LL * count * surface, 0.0f, 1.0f);
  const std::vector<float> at = draw.poses(poses);
  const float start = draw.number(0.0f, 0.1f), end = draw.number(0.0f, 0.1f);
  const int steps = draw.whole(0, 9);
  std::vector<float> one(7LL * poses), more = one, score(poses);
  for (std::vector<float>* out : {&one, &more})
    REQUIRE(objpose_register_points(points.data(), closest.data(), behind.data(), grid.data(), scene.data(),
                                    normals.data(), count, at.data(), poses, steps, start, end,
                                    out == &one ? 1 : 3, out->data()) == 0);
  REQUIRE(same(one, more));
  REQUIRE(objpose_surface_agreement(points.data(), closest.data(), behind.data(), grid.data(), scene.data(),
                                    normals.data(), count, at.data(), poses, draw.number(0.0f, 0.1f),
                                    draw.coin() ? similarity.data() : nullptr, surface, 2,
                                    score.data()) == 0);
}

void probes(Draw& draw) {
  const int width = draw.whole(1, 60), height = draw.whole(1, 40), count = draw.whole(0, 60);
  const int poses = draw.whole(0, 20);
  std::vector<float> K;
  for (const double entry : draw.pinholes(1, width, height)) K.push_back(static_cast<float>(entry));
  const std::vector<float> depth = draw.numbers(1LL * width * height, -0.1f, 0.8f);
  const std::vector<float> places = draw.numbers(3LL * count, -0.1f, 0.1f), at = draw.poses(poses);
  std::vector<float> share(poses);
  REQUIRE(objpose_seen_through(depth.data(), height, width, K.data(), places.data(), count, at.data(), poses,
                               draw.number(0.0f, 0.02f), 2, share.data()) == 0);
  for (const float seen : share) REQUIRE(seen >= 0.0f && seen <= 1.0f);
}

void steps(Draw& draw) {
  const int poses = draw.whole(0, 8);
  const std::vector<float> normal = draw.numbers(36LL * poses, -1.0f, 1.0f), at = draw.poses(poses);
  const std::vector<float> gradient = draw.numbers(6LL * poses, -1.0f, 1.0f);
  const std::vector<float> damping = draw.numbers(poses, 0.0f, 1.0f), centre = draw.numbers(3, -0.1f, 0.1f);
  std::vector<float> twist(6LL * poses), moved(7LL * poses), points(3LL * poses);
  REQUIRE(objpose_damped_steps(normal.data(), gradient.data(), damping.data(), poses, twist.data()) == 0);
  REQUIRE(objpose_moved_poses(centre.data(), at.data(), twist.data(), poses, moved.data()) == 0);
  REQUIRE(objpose_posed_points(centre.data(), at.data(), poses, points.data()) == 0);
}

void descent(Draw& draw) {
  const int poses = draw.whole(0, 8);
  const std::vector<float> here = draw.poses(poses), normal = draw.numbers(36LL * poses, -1.0f, 1.0f);
  const std::vector<float> gradient = draw.numbers(6LL * poses, -1.0f, 1.0f);
  const std::vector<float> cost = draw.numbers(poses, 0.0f, 1.0f), lower = draw.numbers(poses, 0.0f, 1.0f);
  const std::vector<float> damping = draw.numbers(poses, 0.0f, 1.0f), trial = draw.poses(poses);
  const std::vector<float> step = draw.numbers(6LL * poses, -1e-3f, 1e-3f);
  const std::vector<unsigned char> converged = draw.bytes(poses, 1);
  std::vector<float> moved(7LL * poses), system(36LL * poses), slope(6LL * poses), least(poses), next(poses);
  std::vector<unsigned char> is_last(poses), is_taken(poses);
  REQUIRE(objpose_taken_steps(here.data(), normal.data(), gradient.data(), cost.data(), damping.data(),
                              converged.data(), trial.data(), normal.data(), gradient.data(), lower.data(),
                              step.data(), 1e-3f, poses, moved.data(), system.data(), slope.data(),
                              least.data(), next.data(), is_last.data(), is_taken.data()) == 0);
  for (int i = 0; i < poses; ++i) {
    REQUIRE(is_taken[i] <= (lower[i] < cost[i]) && is_last[i] >= converged[i]);
    REQUIRE(std::isnan(damping[i]) || (next[i] >= 1e-9f && next[i] <= 1e9f));
  }
}

}  // namespace

void registration(Draw& draw) {
  surfaces(draw);
  probes(draw);
  steps(draw);
  descent(draw);
}

}  // namespace fuzz
