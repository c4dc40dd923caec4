// Drawn images against those of a crop: residuals and the judge's counts.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Equations {
  std::vector<float> normal, gradient, cost;

  explicit Equations(long long poses) : normal(36 * poses), gradient(6 * poses), cost(poses) {}
};

// What all comparisons of one call share.
struct Scene {
  int size, poses;
  std::vector<float> depth, rays, K, pivot;
  std::vector<unsigned char> mask;

  explicit Scene(Draw& draw) : size(draw.whole(1, 40)), poses(draw.whole(0, 5)) {
    depth = draw.numbers(pixels() * poses, -0.2f, 0.8f), rays = draw.numbers(3 * pixels(), -0.5f, 0.5f);
    for (const double entry : draw.pinholes(1, size, size)) K.push_back(static_cast<float>(entry));
    pivot = draw.numbers(3LL * poses, -0.1f, 0.6f), mask = draw.bytes(pixels(), 1);
  }
  long long pixels() const { return 1LL * size * size; }
};

// Residuals at listed pixels; the same bits on one thread and on some.
void listed(Draw& draw, const Scene& scene) {
  const int count = draw.whole(0, static_cast<int>(scene.pixels()));
  const std::vector<int> index = draw.wholes(count, 0, static_cast<int>(scene.pixels()) - 1);
  const std::vector<float> rays = draw.numbers(3LL * count, -0.5f, 0.5f);
  const std::vector<float> three = draw.numbers(3 * scene.pixels() * scene.poses, -1.0f, 1.0f);
  const std::vector<float> measured = draw.numbers(count, 0.2f, 0.8f);
  const std::vector<float> channels = draw.numbers(3LL * count, -2.0f, 2.0f);
  const std::vector<float> slopes = draw.numbers(6LL * count, -1.0f, 1.0f);
  const float sigma = draw.number(0.0f, 0.01f), reach = draw.number(0.0f, 0.05f);
  const bool known = draw.coin();
  Equations one(scene.poses), more(scene.poses);
  for (Equations* out : {&one, &more}) {
    const int threads = out == &one ? 1 : 3;
    REQUIRE(objpose_drawn_depth_equations(
                scene.depth.data(), three.data(), scene.poses, index.data(), rays.data(), scene.K.data(),
                count, scene.pixels(), measured.data(), sigma, reach, scene.pivot.data(), threads,
                out->normal.data(), out->gradient.data(), out->cost.data()) == 0);
  }
  REQUIRE(same(one.normal, more.normal) && same(one.gradient, more.gradient) && same(one.cost, more.cost));
  for (Equations* out : {&one, &more}) {
    const int threads = out == &one ? 1 : 3;
    REQUIRE(objpose_drawn_color_equations(
                three.data(), scene.depth.data(), scene.poses, index.data(), rays.data(), scene.K.data(),
                count, scene.pixels(), channels.data(), slopes.data(), known ? measured.data() : nullptr,
                reach, scene.pivot.data(), threads, out->normal.data(), out->gradient.data(),
                out->cost.data()) == 0);
  }
  REQUIRE(same(one.normal, more.normal) && same(one.gradient, more.gradient) && same(one.cost, more.cost));
}

void outlines(Draw& draw, const Scene& scene) {
  const std::vector<float> distance = draw.numbers(scene.pixels(), -20.0f, 20.0f);
  const std::vector<float> slope = draw.numbers(2 * scene.pixels(), -1.0f, 1.0f);
  const std::vector<float> colors = draw.numbers(6 * scene.pixels(), -0.5f, 0.5f);
  Equations out(scene.poses);
  REQUIRE(objpose_drawn_outline_equations(
              scene.depth.data(), scene.poses, scene.size, scene.rays.data(), scene.K.data(),
              scene.mask.data(), distance.data(), slope.data(), draw.number(0.0f, 3.0f),
              draw.number(0.0f, 20.0f), scene.pivot.data(), 2, out.normal.data(), out.gradient.data(),
              out.cost.data()) == 0);
  REQUIRE(objpose_drawn_edge_equations(scene.depth.data(), scene.poses, scene.size, scene.rays.data(),
                                       scene.K.data(), scene.mask.data(), colors.data(),
                                       draw.sane(0.0f, 8.0f),  // an option: so far do steps go
                                       scene.pivot.data(), 2, out.normal.data(), out.gradient.data(),
                                       out.cost.data()) == 0);
}

void judged(Draw& draw, const Scene& scene) {
  const std::vector<float> seen = draw.numbers(3 * scene.pixels(), 0.0f, 1.0f);
  const std::vector<float> color = draw.numbers(3 * scene.pixels() * scene.poses, 0.0f, 1.0f);
  const std::vector<float> weight = draw.numbers(scene.pixels() * scene.poses, 0.0f, 1.0f);
  std::vector<float> agreement(2LL * scene.poses);
  REQUIRE(objpose_drawn_color_agreement(seen.data(), color.data(), weight.data(), scene.poses, scene.size,
                                        scene.size, draw.coin(), 2, agreement.data()) == 0);
  const std::vector<float> measured = draw.numbers(scene.pixels(), -0.2f, 0.8f);
  const std::vector<unsigned char> inside = draw.bytes(scene.pixels(), 1), covered = inside;
  std::vector<float> agreed(scene.pixels() * scene.poses), counts(64LL * scene.poses);
  REQUIRE(objpose_drawn_shape_counts(scene.depth.data(), draw.coin() ? measured.data() : nullptr,
                                     scene.mask.data(), inside.data(),
                                     draw.coin() ? covered.data() : nullptr, scene.poses, scene.size,
                                     draw.whole(0, 3), draw.number(0.0f, 0.02f), 2, agreed.data(),
                                     counts.data()) == 0);
}

}  // namespace

void drawn(Draw& draw) {
  const Scene scene(draw);
  listed(draw, scene);
  outlines(draw, scene);
  judged(draw, scene);
}

}  // namespace fuzz
