// How well drawn images agree with a crop's, on the CPU, behind the C ABI of abi.h: shapes and units are
// those of drawn/stages.py.
#include "cpu/abi.h"
#include "cpu/drawn_agreement.h"
#include "cpu/drawn_shape.h"
#include "cpu/parallel.h"

using namespace objpose;

// agreement: (poses, 2), of colour and of structure.
OBJPOSE_API int objpose_drawn_color_agreement(const float* seen, const float* drawn, const float* weight,
                                              long long poses, long long height, long long width,
                                              long long with_structure, int threads, float* agreement) {
  return guarded([&] {
    const AgreementCall call = {seen, drawn, weight, static_cast<int>(height), static_cast<int>(width)};
    PaddedPlanes of_seen(3, call.height, call.width);
    run_with_lanes<TakeAppearance>(seen, call, of_seen);
    parallel_for(poses, threads, [&] {
      return [&, scratch = AgreementScratch(call)](long long pose) mutable {
        compare_colors(call, pose, with_structure != 0, of_seen, scratch, agreement + 2 * pose);
      };
    });
  });
}

// weight: (poses, size, size); counts: (poses, SHAPE_COUNTS).
OBJPOSE_API int objpose_drawn_shape_counts(const float* depth, const float* measured,
                                           const unsigned char* mask, const unsigned char* inside,
                                           const unsigned char* covered, long long poses, long long size,
                                           long long border, float tolerance, int threads, float* weight,
                                           float* counts) {
  return guarded([&] {
    const ShapeCall call = {
        depth, measured, mask, inside, covered, static_cast<int>(size), static_cast<int>(border), tolerance};
    parallel_for(poses, threads, [&] {
      return [&, scratch = ShapeScratch(call.size)](long long pose) mutable {
        count_shape(call, pose, scratch, weight + pose * size * size, counts + SHAPE_COUNTS * pose);
      };
    });
  });
}
