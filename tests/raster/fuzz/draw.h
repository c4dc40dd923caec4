// Input drawn from a seed: mostly what is meant, and now and then what nobody means.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace fuzz {

constexpr float INF = std::numeric_limits<float>::infinity();
constexpr float NONE = std::numeric_limits<float>::quiet_NaN();
constexpr float ABSURD[] = {0.0f,    -0.0f,  1e-45f, -1e-45f, 1e-38f, 1e-20f, 1.0f,    -1.0f,  255.0f, 1e6f,
                            -1e6f,   2e9f,   -2e9f,  4e9f,    1e18f,  1e20f,  -1e20f,  1e30f,  -1e30f, 3e38f,
                            -3e38f,  INF,    -INF,   NONE};

class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {
    const float shares[] = {0.0f, 0.002f, 0.05f, 0.5f};
    absurd_share_ = shares[whole(0, 3)];
  }

  int whole(int low, int high) { return static_cast<int>(low + engine_() % (high - low + 1LL)); }
  bool coin() { return whole(0, 1) == 1; }
  // Always what is meant.
  float sane(float low, float high) {
    return low + (high - low) * static_cast<float>(engine_() % (1 << 24)) / (1 << 24);
  }
  float number(float low, float high) {
    if (sane(0.0f, 1.0f) >= absurd_share_) return sane(low, high);
    return ABSURD[whole(0, sizeof(ABSURD) / sizeof(ABSURD[0]) - 1)];
  }
  std::vector<float> numbers(long long count, float low, float high) {
    return filled<float>(count, [&] { return number(low, high); });
  }
  std::vector<float> sane_numbers(long long count, float low, float high) {
    return filled<float>(count, [&] { return sane(low, high); });
  }
  std::vector<int> wholes(long long count, int low, int high) {
    return filled<int>(count, [&] { return whole(low, high); });
  }
  std::vector<unsigned char> bytes(long long count, int high = 255) {
    return filled<unsigned char>(count, [&] { return whole(0, high); });
  }
  // Rigid, in front of a camera or not; (count, 3, 4) as the doors let them through: finite.
  std::vector<double> transforms(long long count) {
    std::vector<double> out;
    for (long long i = 0; i < count; ++i) {
      const std::vector<double> R = rotation();
      const bool is_far = sane(0.0f, 1.0f) < absurd_share_;
      for (int row = 0; row < 3; ++row) {
        out.insert(out.end(), R.begin() + 3 * row, R.begin() + 3 * row + 3);
        out.push_back(is_far ? sane(-1.0f, 1.0f) * 1e30 : sane(-0.1f, 0.1f) + (row == 2 ? 0.4 : 0.0));
      }
    }
    return out;
  }
  // (count, 3, 3) as the doors let them through: pinholes, the image within the guard band.
  std::vector<double> pinholes(long long count, int width, int height) {
    std::vector<double> out;
    for (long long i = 0; i < count; ++i) {
      const double focal = std::pow(10.0, sane(-1.0f, 4.0f)), shift = coin() ? 0.0 : sane(-9000.0f, 9000.0f);
      for (double entry : {focal, 0.1 * sane(-1.0f, 1.0f), width * 0.5 + shift, 0.0, focal * sane(0.5f, 2.0f),
                           height * 0.5, 0.0, 0.0, 1.0})
        out.push_back(entry);
    }
    return out;
  }
  // (count, 7) wxyz_xyz.
  std::vector<float> poses(long long count) {
    std::vector<float> out = numbers(7 * count, -0.5f, 0.5f);
    for (long long i = 0; i < count; ++i) out[7 * i + 6] += 0.5f;
    return out;
  }

 private:
  template <typename Value, typename Make>
  std::vector<Value> filled(long long count, const Make& make) {
    std::vector<Value> out(count);
    for (Value& value : out) value = static_cast<Value>(make());
    return out;
  }
  std::vector<double> rotation() {
    const double angle = sane(-3.0f, 3.0f), tilt = sane(-3.0f, 3.0f);
    const double c = std::cos(angle), s = std::sin(angle), d = std::cos(tilt), t = std::sin(tilt);
    return {c, -s, 0.0, s * d, c * d, -t, s * t, c * t, d};
  }

  std::mt19937_64 engine_;
  float absurd_share_;
};

// Ends the run unless a law holds.
inline void require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", law);
  std::abort();
}
#define REQUIRE(law) fuzz::require(law, __FILE__ ": " #law)

// The same bits, NaN and all.
template <typename Value>
bool same(const std::vector<Value>& a, const std::vector<Value>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Value)) == 0);
}

void meshes(Draw& draw);
void splats(Draw& draw);
void lines(Draw& draw);
void points(Draw& draw);
void drawn(Draw& draw);
void paint(Draw& draw);
void registration(Draw& draw);

}  // namespace fuzz
