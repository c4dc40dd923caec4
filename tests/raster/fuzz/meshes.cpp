// Meshes: rasterized whole and depth only, on one thread and on some; then all that is done with fragments.
#include "core.h"
#include "draw.h"

namespace fuzz {

namespace {

struct Scene {
  std::vector<float> vertices;
  std::vector<int> faces;
  long long vertex_count, face_count, poses;
  std::vector<double> cam_from_obj, K;
  int width, height;
  double near_depth;

  explicit Scene(Draw& draw) {
    vertex_count = draw.whole(1, 200), face_count = draw.whole(0, 700), poses = draw.whole(0, 3);
    width = draw.whole(0, 70), height = draw.whole(0, 40);
    const float size = std::pow(10.0f, draw.sane(-2.0f, 1.5f));
    vertices = draw.numbers(3 * vertex_count, -size, size);
    faces = draw.wholes(3 * face_count, 0, static_cast<int>(vertex_count) - 1);
    cam_from_obj = draw.transforms(poses), K = draw.pinholes(poses, width, height);
    const double nears[] = {0.01, 1e-45, 1e-300, 1e30};
    near_depth = nears[draw.whole(0, 3)];
  }
  long long pixels() const { return poses * width * height; }
};

struct Fragments {
  std::vector<float> depth, bary, footprint;
  std::vector<int> face_ids;

  Fragments(const Scene& s, bool surface, int threads) : depth(s.pixels()) {
    if (surface) face_ids.resize(s.pixels()), bary.resize(2 * s.pixels()), footprint.resize(s.pixels());
    const int status = objpose_rasterize(
        s.vertices.data(), s.vertex_count, s.faces.data(), s.face_count, s.cam_from_obj.data(), s.K.data(),
        s.poses, s.width, s.height, s.near_depth, threads, depth.data(), surface ? face_ids.data() : nullptr,
        surface ? bary.data() : nullptr, surface ? footprint.data() : nullptr);
    REQUIRE(status == 0);
  }
};

void use_fragments(Draw& draw, const Scene& s, const Fragments& f, int threads) {
  const int channels = draw.whole(0, 5);
  const long long pixels = s.pixels();
  const std::vector<float> attributes = draw.numbers(s.vertex_count * channels, -1.0f, 1.0f);
  const std::vector<float> grad = draw.numbers(pixels * channels, -1.0f, 1.0f);
  std::vector<float> out(pixels * channels), grad_attributes(s.vertex_count * channels), grad_bary(2 * pixels);
  REQUIRE(objpose_interpolate(attributes.data(), s.vertex_count, channels, s.faces.data(), s.face_count,
                              f.face_ids.data(), f.bary.data(), pixels, threads, out.data()) == 0);
  const auto adjoint = [&](int on) {
    return objpose_interpolate_adjoint(attributes.data(), s.vertex_count, channels, s.faces.data(),
                                       s.face_count, f.face_ids.data(), f.bary.data(), grad.data(), pixels,
                                       on, grad_attributes.data(), grad_bary.data());
  };
  REQUIRE(adjoint(1) == 0);
  const std::vector<float> alone = grad_attributes;
  REQUIRE(adjoint(threads) == 0);
  REQUIRE(same(grad_attributes, alone));
  std::vector<float> normals(3 * pixels);
  REQUIRE(objpose_face_normals(s.vertices.data(), s.vertex_count, s.faces.data(), s.face_count,
                               s.cam_from_obj.data(), f.face_ids.data(), s.poses, 1LL * s.width * s.height,
                               threads, normals.data()) == 0);
}

void sample(Draw& draw, const Scene& s, const Fragments& f, int threads) {
  std::vector<int> sizes = {draw.whole(1, 40), draw.whole(1, 40)};
  long long texels = 1LL * sizes[0] * sizes[1];
  while (sizes.end()[-2] > 1 || sizes.end()[-1] > 1) {
    const int height = std::max(1, sizes.end()[-2] / 2), width = std::max(1, sizes.end()[-1] / 2);
    sizes.push_back(height), sizes.push_back(width), texels += 1LL * height * width;
  }
  const std::vector<unsigned char> texture = draw.bytes(3 * texels);
  const std::vector<float> uvs = draw.numbers(2 * s.vertex_count, -1.0f, 2.0f);
  std::vector<float> out(3 * s.pixels());
  REQUIRE(objpose_sample_texture(texture.data(), sizes.data(), static_cast<int>(sizes.size() / 2), uvs.data(),
                                 s.vertex_count, s.faces.data(), s.face_count, f.face_ids.data(),
                                 f.bary.data(), f.footprint.data(), s.pixels(), threads, out.data()) == 0);
}

// What names a vertex or a face that is not there is refused.
void refuse(Draw& draw, Scene s, const Fragments& f) {
  std::vector<float> out(s.pixels()), attributes(s.vertex_count);
  std::vector<int> ids = f.face_ids;
  if (!ids.empty()) {
    ids[draw.whole(0, static_cast<int>(ids.size()) - 1)] = static_cast<int>(s.face_count);
    REQUIRE(objpose_interpolate(attributes.data(), s.vertex_count, 1, s.faces.data(), s.face_count, ids.data(),
                                f.bary.data(), s.pixels(), 2, out.data()) == 2);
  }
  if (s.face_count == 0) return;
  const int last = static_cast<int>(s.faces.size()) - 1;
  s.faces[draw.whole(0, last)] = draw.coin() ? -1 : static_cast<int>(s.vertex_count);
  REQUIRE(objpose_rasterize(s.vertices.data(), s.vertex_count, s.faces.data(), s.face_count,
                            s.cam_from_obj.data(), s.K.data(), s.poses, s.width, s.height, s.near_depth, 1,
                            out.data(), nullptr, nullptr, nullptr) == 2);
}

}  // namespace

void meshes(Draw& draw) {
  const Scene scene(draw);
  const int threads = draw.whole(1, 4);
  const Fragments whole(scene, true, 1), shared(scene, true, threads), depth(scene, false, threads);
  REQUIRE(same(whole.depth, shared.depth) && same(whole.depth, depth.depth));
  REQUIRE(same(whole.face_ids, shared.face_ids) && same(whole.bary, shared.bary));
  for (const int face : whole.face_ids) REQUIRE(face >= -1 && face < scene.face_count);
  use_fragments(draw, scene, whole, threads);
  sample(draw, scene, whole, threads);
  refuse(draw, scene, whole);
}

}  // namespace fuzz
