// Splats: projected ones, and others that no projection gives, blended on one thread and on some.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Scene {
  long long count, cameras;
  int width, height, channels;
  std::vector<float> means, wxyz, scales, opacities;
  std::vector<double> cam_from_world, K;

  explicit Scene(Draw& draw) {
    count = draw.whole(0, 3) == 0 ? draw.whole(0, 3) : draw.whole(4, 600), cameras = draw.whole(0, 3);
    width = draw.whole(0, 60), height = draw.whole(0, 40), channels = draw.whole(0, 11);
    means = draw.numbers(3 * count, -0.2f, 0.2f), wxyz = draw.numbers(4 * count, -1.0f, 1.0f);
    scales = draw.numbers(3 * count, 0.0f, 0.05f), opacities = draw.numbers(count, 0.0f, 1.0f);
    cam_from_world = draw.transforms(cameras), K = draw.pinholes(cameras, width, height);
  }
  long long pixels() const { return cameras * width * height; }
};

struct Screen {
  std::vector<float> values, extent;
};

Screen project(Draw& draw, const Scene& s, int threads) {
  Screen screen = {std::vector<float>(7 * s.cameras * s.count), std::vector<float>(2 * s.cameras * s.count)};
  const int antialias = draw.coin();
  REQUIRE(objpose_project_splats(s.means.data(), s.wxyz.data(), s.scales.data(), s.opacities.data(), s.count,
                                 s.cam_from_world.data(), s.K.data(), s.cameras, s.width, s.height, 0.01,
                                 antialias, threads, screen.values.data(), screen.extent.data()) == 0);
  const std::vector<float> grad = draw.numbers(7 * s.cameras * s.count, -1.0f, 1.0f);
  std::vector<float> means(3 * s.count), wxyz(4 * s.count), scales(3 * s.count), opacities(s.count);
  std::vector<double> camera(12 * s.cameras);
  REQUIRE(objpose_project_splats_adjoint(
              s.means.data(), s.wxyz.data(), s.scales.data(), s.opacities.data(), s.count,
              s.cam_from_world.data(), s.K.data(), s.cameras, s.width, s.height, 0.01, antialias,
              screen.extent.data(), grad.data(), threads, means.data(), wxyz.data(), scales.data(),
              opacities.data(), camera.data()) == 0);
  return screen;
}

// Centres, conics, opacities, depths and extents of any kind.
Screen invent(Draw& draw, const Scene& s) {
  Screen screen = {draw.numbers(7 * s.cameras * s.count, -0.5f, 1.5f), {}};
  for (long long i = 0; i < s.cameras * s.count; ++i) {
    screen.values[7 * i] = draw.number(-10.0f, s.width + 10.0f);
    screen.values[7 * i + 1] = draw.number(-10.0f, s.height + 10.0f);
  }
  screen.extent = draw.numbers(2 * s.cameras * s.count, -5.0f, 40.0f);
  return screen;
}

using Images = std::vector<std::vector<float>>;

Images blend(const Scene& s, const Screen& screen, const std::vector<float>& colors, bool shared, int threads) {
  const std::vector<float> background(s.cameras * s.channels, 0.5f);
  Images images(4, std::vector<float>(s.pixels()));
  images[0].resize(s.pixels() * s.channels);
  REQUIRE(objpose_blend_splats(screen.values.data(), screen.extent.data(), s.cameras, s.count, colors.data(),
                               shared ? 0 : s.count * s.channels, s.channels, background.data(), s.width,
                               s.height, threads, images[0].data(), images[1].data(), images[2].data(),
                               images[3].data()) == 0);
  return images;
}

Images blend_adjoint(const Scene& s, const Screen& screen, const std::vector<float>& colors, bool shared,
                     const Images& grads, int threads) {
  const std::vector<float> background(s.cameras * s.channels, 0.5f);
  Images out = {screen.values, std::vector<float>(s.cameras * s.count * s.channels), background};
  REQUIRE(objpose_blend_splats_adjoint(
              screen.values.data(), screen.extent.data(), s.cameras, s.count, colors.data(),
              shared ? 0 : s.count * s.channels, s.channels, background.data(), s.width, s.height,
              grads[0].data(), grads[1].data(), grads[2].data(), grads[3].data(), threads, out[0].data(),
              out[1].data(), out[2].data()) == 0);
  return out;
}

void blend_both_ways(Draw& draw, const Scene& s, const Screen& screen, int threads) {
  const bool shared = draw.coin();
  const std::vector<float> colors =
      draw.numbers((shared ? 1 : s.cameras) * s.count * s.channels, 0.0f, 1.0f);
  const Images images = blend(s, screen, colors, shared, 1), others = blend(s, screen, colors, shared, threads);
  for (int i = 0; i < 4; ++i) REQUIRE(same(images[i], others[i]));
  for (const float alpha : images[1]) REQUIRE(alpha >= 0.0f && alpha <= 1.0f);
  Images grads;
  for (const auto& image : images) grads.push_back(draw.numbers(image.size(), -1.0f, 1.0f));
  for (int i = 1; i < 4; ++i)
    if (draw.coin()) std::fill(grads[i].begin(), grads[i].end(), 0.0f);
  const Images back = blend_adjoint(s, screen, colors, shared, grads, 1);
  const Images again = blend_adjoint(s, screen, colors, shared, grads, threads);
  for (int i = 0; i < 3; ++i) REQUIRE(same(back[i], again[i]));
}

void shade(Draw& draw, const Scene& s, int threads) {
  const int counts[] = {1, 4, 9, 16}, coefficients = counts[draw.whole(0, 3)];
  const std::vector<float> sh = draw.numbers(3 * coefficients * s.count, -1.0f, 1.0f);
  std::vector<float> colors(3 * s.cameras * s.count), slopes(9 * s.cameras * s.count);
  REQUIRE(objpose_shade_splats(s.means.data(), s.count, sh.data(), coefficients, s.cam_from_world.data(),
                               s.cameras, threads, colors.data(), draw.coin() ? slopes.data() : nullptr) == 0);
  std::vector<float> means(3 * s.count), grad_sh(sh.size());
  std::vector<double> camera(12 * s.cameras);
  REQUIRE(objpose_shade_splats_adjoint(s.means.data(), s.count, sh.data(), coefficients,
                                       s.cam_from_world.data(), s.cameras, colors.data(), threads,
                                       means.data(), grad_sh.data(), camera.data()) == 0);
}

void compare(Draw& draw, const Scene& s, int threads) {
  const std::vector<float> colors = draw.numbers(s.count * s.channels, 0.0f, 1.0f);
  const std::vector<float> slopes = draw.numbers(3 * s.cameras * s.count * s.channels, -1.0f, 1.0f);
  const std::vector<float> background(s.cameras * s.channels, 0.5f);
  const std::vector<float> target = draw.numbers(s.pixels() * s.channels, 0.0f, 1.0f);
  const std::vector<float> depth = draw.numbers(s.pixels(), 0.0f, 1.0f);
  const std::vector<double> losses = {2.0, 0.1, 1.0, 1.0, 0.01, 1.0, 0.0, 0.5, 1.0};
  const float* const image = draw.coin() ? depth.data() : nullptr;
  std::vector<double> sums(28 * s.cameras);
  REQUIRE(objpose_splat_normal_equations(
              s.means.data(), s.wxyz.data(), s.scales.data(), s.opacities.data(), s.count, colors.data(), 0,
              draw.coin() ? slopes.data() : nullptr, s.channels, s.cam_from_world.data(), s.K.data(),
              s.cameras, s.width, s.height, 0.01, draw.coin(), background.data(), target.data(), image, image,
              draw.coin() ? depth.data() : nullptr, losses.data(), threads, sums.data()) == 0);
}

}  // namespace

void splats(Draw& draw) {
  const Scene scene(draw);
  const int threads = draw.whole(1, 4);
  blend_both_ways(draw, scene, project(draw, scene, threads), threads);
  blend_both_ways(draw, scene, invent(draw, scene), threads);
  shade(draw, scene, threads);
  compare(draw, scene, threads);
}

}  // namespace fuzz
