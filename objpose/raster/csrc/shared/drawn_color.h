// Drawn colours against those of a frame, up to the light; as twin/drawn.py has it.
#pragma once

#include "shared/drawn_constants.h"
#include "shared/normal_sums.h"
#include "shared/twist_rows.h"

namespace objpose {

// Log-chroma (2) and log-brightness of a colour, in units of what light may change.
template <typename Number>
OBJPOSE_HD void appearance(const Number* rgb, Number* channels) {
  const Number red = natural_log(DARKEST + rgb[0]), green = natural_log(DARKEST + rgb[1]),
               blue = natural_log(DARKEST + rgb[2]);
  channels[0] = (1 / CHROMA_SIGMA) * (red - green);
  channels[1] = (1 / CHROMA_SIGMA) * (green - blue);
  channels[2] = (1 / (3 * BRIGHTNESS_SIGMA)) * (red + green + blue);
}

// Sums that the light is fitted by: a robust weighted mean of the differences of each channel.
template <typename Number>
struct LightSums {
  Number moment[3] = {}, total[3] = {};

  OBJPOSE_HD void add(const Number* difference, Number weight, const float* light) {
    for (int c = 0; c < 3; ++c) {
      const Number off = difference[c] - Same<Number>::as(light[c]);
      const Number robust = weight / (1.0f + off * off);
      moment[c] = moment[c] + robust * difference[c];
      total[c] = total[c] + robust;
    }
  }
};

// Casts beyond LARGEST_CAST are clipped; brightness, exposure, is free.
OBJPOSE_HD float fitted_light(float moment, float total, int channel) {
  const float light = moment / larger(total, 1e-6f), most = LARGEST_CAST / CHROMA_SIGMA;
  return channel == 2 ? light : larger(smaller(light, most), -most);
}

// A pixel of the frame: its slopes of the three channels along columns and rows.
template <typename Number>
struct ChannelSlopes {
  Number u[3], v[3];
};

// Under Cauchy's weight; the channels share their derivatives of the pixel's place, so a 2 x 2 structure
// tensor sums them. overlap: how surely the pixel shows the object.
template <typename Number>
OBJPOSE_HD void add_color(const Number* difference, const float* light, Number overlap,
                          const ChannelSlopes<Number>& slopes, const DrawnPoint<Number>& point,
                          const float* K, const float* pivot, NormalSums<Number>& sums) {
  const Number none = Same<Number>::as(0.0f);
  Number uu = none, uv = none, vv = none, pull_u = none, pull_v = none, rarity = Same<Number>::as(1.0f);
  for (int c = 0; c < 3; ++c) {
    const Number residual = difference[c] - Same<Number>::as(light[c]);
    const Number factor = 1.0f + residual * residual, share = overlap / factor;
    const Number weighted_u = share * slopes.u[c], weighted_v = share * slopes.v[c];
    rarity = rarity * factor;
    uu = uu + weighted_u * slopes.u[c], uv = uv + weighted_u * slopes.v[c],
    vv = vv + weighted_v * slopes.v[c];
    pull_u = pull_u + weighted_u * residual, pull_v = pull_v + weighted_v * residual;
  }
  Number along_u[6], along_v[6];
  point.pixel_rows(K, pivot, along_u, along_v);
  sums.add_pair(along_u, along_v, uu, uv, vv, pull_u, pull_v);
  sums.cost = sums.cost + 0.5f * (overlap * natural_log(rarity));
}

// What pixels cost together of which the rendering misses so many.
OBJPOSE_HD float missed_cost(float missed) { return missed * 1.5f * natural_log(1 + MISSED * MISSED); }

}  // namespace objpose
