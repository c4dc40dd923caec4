// The numbers that Python must hold alike (constants.py, cuda/structures.py), by name: a test compares them.
#include "cpu/abi.h"
#include "cuda/structures.h"
#include "shared/drawn_agreement.h"
#include "shared/drawn_arrays.h"
#include "shared/drawn_edges.h"
#include "shared/drawn_shape.h"
#include "shared/line_constants.h"
#include "shared/mesh_constants.h"
#include "shared/point_constants.h"
#include "shared/pose_step.h"
#include "shared/registration.h"
#include "shared/splat_constants.h"
#include "shared/splat_sums.h"

using namespace objpose;

namespace {

struct Number {
  const char* name;
  double value;
};

#define OBJPOSE_CONSTANT(name) {#name, static_cast<double>(name)}
#define OBJPOSE_SIZE(type) {"sizeof " #type, static_cast<double>(sizeof(type))}

constexpr Number NUMBERS[] = {
    OBJPOSE_CONSTANT(SUBPIXELS),     OBJPOSE_CONSTANT(GUARD_PIXELS),      OBJPOSE_CONSTANT(LOW_PASS),
    OBJPOSE_CONSTANT(MIN_ALPHA),     OBJPOSE_CONSTANT(MAX_ALPHA),         OBJPOSE_CONSTANT(MIN_TRANSMITTANCE),
    OBJPOSE_CONSTANT(CLAMP_SLOPE),   OBJPOSE_CONSTANT(CLAMP_MARGIN),      OBJPOSE_CONSTANT(MAX_EXTENT),
    OBJPOSE_CONSTANT(SCREEN_FIELDS), OBJPOSE_CONSTANT(TWIST),             OBJPOSE_CONSTANT(NORMAL_TERMS),
    OBJPOSE_CONSTANT(SQUARED),       OBJPOSE_CONSTANT(HUBER),             OBJPOSE_CONSTANT(CAUCHY),
    OBJPOSE_CONSTANT(CUDA_TILE),     OBJPOSE_CONSTANT(SLOPE_ROUND),
    OBJPOSE_CONSTANT(COLOR_LEVELS),  OBJPOSE_CONSTANT(COLOR_REACH),       OBJPOSE_CONSTANT(COLOR_GAP),
    OBJPOSE_CONSTANT(RARE_COLOR),    OBJPOSE_CONSTANT(EDGE_TAPS),         OBJPOSE_CONSTANT(EDGE_CONTRAST),
    OBJPOSE_CONSTANT(LEAST_REACH),   OBJPOSE_CONSTANT(MOST_CERTAIN),      OBJPOSE_CONSTANT(OUTLIERS),
    OBJPOSE_CONSTANT(SHALLOWEST),    OBJPOSE_CONSTANT(LINE_FIELDS),       OBJPOSE_CONSTANT(LINE_NUMBERS),
    OBJPOSE_CONSTANT(MOST_POSITIONS), OBJPOSE_CONSTANT(SURFACE_STEPS),   OBJPOSE_CONSTANT(HIDING_STEPS),
    OBJPOSE_CONSTANT(DEPTH_REACH),   OBJPOSE_CONSTANT(POINT_COUNTS),      OBJPOSE_CONSTANT(PATCH_SAMPLES),
    OBJPOSE_CONSTANT(AGREEING),      OBJPOSE_CONSTANT(MOST_GAIN),         OBJPOSE_CONSTANT(CORNER_REACH),
    OBJPOSE_CONSTANT(LEAST_VARIANCE), OBJPOSE_CONSTANT(DARKEST),         OBJPOSE_CONSTANT(CHROMA_SIGMA),
    OBJPOSE_CONSTANT(BRIGHTNESS_SIGMA), OBJPOSE_CONSTANT(LARGEST_CAST),  OBJPOSE_CONSTANT(FIT_STEPS),
    OBJPOSE_CONSTANT(MISSED),        OBJPOSE_CONSTANT(OUTSIDE_WEIGHT),      OBJPOSE_CONSTANT(STRUCTURE_WINDOW),
    OBJPOSE_CONSTANT(NORMAL_WINDOW), OBJPOSE_CONSTANT(EDGE_SPACING),      OBJPOSE_CONSTANT(EDGE_SIGMAS),
    OBJPOSE_CONSTANT(STRONG_EDGE),   OBJPOSE_CONSTANT(UNSEEN_EDGE),
    OBJPOSE_CONSTANT(SHAPE_SUMS),    OBJPOSE_CONSTANT(SHAPE_COUNTS),      OBJPOSE_CONSTANT(FACING),        OBJPOSE_CONSTANT(ICP_DAMPING),
    OBJPOSE_CONSTANT(NOISE_VARIANCE), OBJPOSE_CONSTANT(SPLAT_SUMS),
    OBJPOSE_SIZE(MeshScene),         OBJPOSE_SIZE(ScreenVertex),          OBJPOSE_SIZE(Pyramid),
    OBJPOSE_SIZE(SplatScene),        OBJPOSE_SIZE(PackedSlopes),          OBJPOSE_SIZE(Blending),
    OBJPOSE_SIZE(Blended),           OBJPOSE_SIZE(BlendGradients),        OBJPOSE_SIZE(Comparison),
    OBJPOSE_SIZE(PackedSplat),       OBJPOSE_SIZE(SortKeys),
    OBJPOSE_SIZE(ColorComparison),   OBJPOSE_SIZE(DepthComparison),       OBJPOSE_SIZE(MaskBorder),
    OBJPOSE_SIZE(SurfaceIndex),      OBJPOSE_SIZE(ShapeCall),             OBJPOSE_SIZE(PictureEdges),
    OBJPOSE_SIZE(NormalArrays),      OBJPOSE_SIZE(AgreementCall),         OBJPOSE_SIZE(PoseSystems),
    OBJPOSE_SIZE(TakenSteps),
};

}  // namespace

// The i-th number's name, null behind the last one; its value goes to *value.
OBJPOSE_API const char* objpose_number(int i, double* value) {
  if (i < 0 || i >= static_cast<int>(sizeof(NUMBERS) / sizeof(NUMBERS[0]))) return nullptr;
  *value = NUMBERS[i].value;
  return NUMBERS[i].name;
}
