// fuzz FIRST COUNT: seeds FIRST to FIRST + COUNT - 1, each through every entry point of the core.
#include "draw.h"

namespace fuzz {
unsigned seed;  // for a debugger: the one at work
}

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: fuzz FIRST COUNT\n"), 2;
  const int first = std::atoi(arguments[1]), last = first + std::atoi(arguments[2]);
  for (int seed = first; seed < last; ++seed) {
    fuzz::seed = static_cast<unsigned>(seed);
    void (*const parts[])(fuzz::Draw&) = {fuzz::meshes, fuzz::splats, fuzz::lines,
                                          fuzz::points, fuzz::drawn,  fuzz::paint,
                                          fuzz::registration};
    for (const auto part : parts) {
      fuzz::Draw draw(fuzz::seed);
      part(draw);
    }
  }
  std::printf("seeds %d to %d\n", first, last - 1);
}
