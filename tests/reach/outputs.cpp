// outputs FIRST COUNT: what the core makes of drawn scenes that are meant, to be compared between machines.
// Each array on stdout: its name and length on a line, then its numbers as floats of this machine.
#include "core.h"
#include "draw.h"

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#endif

namespace {

template <typename Value>
void told(const char* name, const std::vector<Value>& values) {
  const std::vector<float> numbers(values.begin(), values.end());
  std::printf("%s %zu\n", name, numbers.size());
  std::fwrite(numbers.data(), sizeof(float), numbers.size(), stdout);
}

constexpr int WIDTH = 96, HEIGHT = 72;
constexpr long long PIXELS = WIDTH * HEIGHT;
const std::vector<double> K = {120.0, 0.0, 47.5, 0.0, 120.0, 35.5, 0.0, 0.0, 1.0};

// A bumpy sheet in front of the camera: a grid of vertices, two triangles a cell.
void mesh(fuzz::Draw& draw) {
  constexpr int SIDE = 12;
  std::vector<float> vertices;
  std::vector<int> faces;
  for (int i = 0; i < SIDE * SIDE; ++i) {
    for (const int place : {i % SIDE, i / SIDE}) vertices.push_back(0.02f * (place - 0.5f * SIDE));
    vertices.push_back(draw.sane(-0.02f, 0.02f));
    if (i % SIDE == SIDE - 1 || i / SIDE == SIDE - 1) continue;
    for (const int corner : {i, i + 1, i + SIDE, i + SIDE, i + 1, i + SIDE + 1}) faces.push_back(corner);
  }
  const std::vector<double> cam_from_obj = draw.transforms(1);
  const long long count = SIDE * SIDE, triangles = static_cast<long long>(faces.size()) / 3;
  std::vector<float> depth(PIXELS), bary(2 * PIXELS), footprint(PIXELS), normals(3 * PIXELS);
  std::vector<int> ids(PIXELS);
  REQUIRE(objpose_rasterize(vertices.data(), count, faces.data(), triangles, cam_from_obj.data(), K.data(), 1,
                            WIDTH, HEIGHT, 0.01, 2, depth.data(), ids.data(), bary.data(),
                            footprint.data()) == 0);
  REQUIRE(objpose_face_normals(vertices.data(), count, faces.data(), triangles, cam_from_obj.data(), ids.data(),
                               1, PIXELS, 2, normals.data()) == 0);
  told("mesh.depth", depth), told("mesh.face", ids), told("mesh.normals", normals);
}

void splats(fuzz::Draw& draw) {
  constexpr long long COUNT = 400;
  const std::vector<float> means = draw.sane_numbers(3 * COUNT, -0.1f, 0.1f);
  const std::vector<float> wxyz = draw.sane_numbers(4 * COUNT, 0.1f, 1.0f);
  const std::vector<float> scales = draw.sane_numbers(3 * COUNT, 0.002f, 0.02f);
  const std::vector<float> opacities = draw.sane_numbers(COUNT, 0.1f, 0.9f);
  const std::vector<float> colors = draw.sane_numbers(3 * COUNT, 0.0f, 1.0f), black(3, 0.0f);
  const std::vector<float> target = draw.sane_numbers(3 * PIXELS, 0.0f, 1.0f);
  const std::vector<double> cam_from_world = draw.transforms(1), losses = {2.0, 0.1, 1.0, 1.0, 0.01,
                                                                            1.0, 0.0, 0.5, 1.0};
  std::vector<float> screen(7 * COUNT), extent(2 * COUNT), color(3 * PIXELS), alpha(PIXELS), sum(PIXELS),
      median(PIXELS);
  REQUIRE(objpose_project_splats(means.data(), wxyz.data(), scales.data(), opacities.data(), COUNT,
                                 cam_from_world.data(), K.data(), 1, WIDTH, HEIGHT, 0.01, 1, 2, screen.data(),
                                 extent.data()) == 0);
  REQUIRE(objpose_blend_splats(screen.data(), extent.data(), 1, COUNT, colors.data(), 0, 3, black.data(),
                               WIDTH, HEIGHT, 2, color.data(), alpha.data(), sum.data(), median.data()) == 0);
  std::vector<double> sums(28);
  REQUIRE(objpose_splat_normal_equations(
              means.data(), wxyz.data(), scales.data(), opacities.data(), COUNT, colors.data(), 0, nullptr, 3,
              cam_from_world.data(), K.data(), 1, WIDTH, HEIGHT, 0.01, 1, black.data(), target.data(), nullptr,
              nullptr, nullptr, losses.data(), 2, sums.data()) == 0);
  told("splats.color", color), told("splats.alpha", alpha), told("splats.normal_equations", sums);
}

// The steps of a solver: normal equations, positive definite, to twists and moved poses.
void steps(fuzz::Draw& draw) {
  constexpr long long POSES = 20;
  std::vector<float> normal(36 * POSES, 0.0f);
  for (long long i = 0; i < POSES; ++i)
    for (int k = 0; k < 6; ++k) normal[36 * i + 7 * k] = draw.sane(0.5f, 2.0f);
  const std::vector<float> gradient = draw.sane_numbers(6 * POSES, -0.1f, 0.1f), damping(POSES, 0.1f),
                           centre = {0.01f, 0.0f, 0.02f};
  std::vector<float> poses = draw.sane_numbers(7 * POSES, 0.1f, 0.5f), twist(6 * POSES), moved(7 * POSES);
  for (long long i = 0; i < POSES; ++i) {
    float square = 0.0f;
    for (int k = 0; k < 4; ++k) square += poses[7 * i + k] * poses[7 * i + k];
    for (int k = 0; k < 4; ++k) poses[7 * i + k] /= std::sqrt(square);
  }
  REQUIRE(objpose_damped_steps(normal.data(), gradient.data(), damping.data(), POSES, twist.data()) == 0);
  REQUIRE(objpose_moved_poses(centre.data(), poses.data(), twist.data(), POSES, moved.data()) == 0);
  told("steps.twist", twist), told("steps.moved", moved);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: outputs FIRST COUNT\n"), 2;
#if defined(_WIN32)
  _setmode(_fileno(stdout), _O_BINARY);
#endif
  const int first = std::atoi(arguments[1]), last = first + std::atoi(arguments[2]);
  for (int seed = first; seed < last; ++seed)
    for (void (*const part)(fuzz::Draw&) : {mesh, splats, steps}) {
      fuzz::Draw draw(seed);
      part(draw);
    }
}
