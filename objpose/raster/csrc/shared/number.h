// Arithmetic that is written once for a float, as a thread of the device has it, and for the many floats that
// a register of the CPU holds (cpu/lanes.h).
#pragma once

#include "shared/platform.h"

namespace objpose {

template <typename Number>
struct Same {  // the same float everywhere
  OBJPOSE_HD static Number as(float x) { return x; }
};

OBJPOSE_HD float where_less(float a, float b, float yes, float no) { return a < b ? yes : no; }
OBJPOSE_HD float smaller(float a, float b) { return a < b ? a : b; }
OBJPOSE_HD float larger(float a, float b) { return a < b ? b : a; }
OBJPOSE_HD float square_root(float x) { return sqrt(x); }
OBJPOSE_HD float exp2_below_1(float x) { return exp2(x); }  // x <= 0
OBJPOSE_HD float natural_log(float x) { return log(x); }

}  // namespace objpose
