"""Splats as free parameters under Adam: the activations of 3DGS, and what moves when splats come and go."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.raster import Splats, with_degree

OPACITY_BOUNDS = (1e-4, 1 - 1e-4)  # the logit of 0 and 1 is infinite
EPSILON = 1e-15  # Adam's: gradients of splats that few pixels see are tiny


@dataclass(frozen=True)
class Rates:
    """Adam's step sizes, as in Kerbl et al. (3D Gaussian Splatting, 2023), for some hundreds of steps."""

    means: float = 2e-3  # of the object's radius; falls to a hundredth of it
    wxyz: float = 5e-3
    scales: float = 2e-2  # of their logarithm
    opacities: float = 3e-2  # of their logit
    base: float = 1e-2  # of the constant harmonic
    rest: float = 5e-4  # of the higher ones


class SplatParameters:
    """What is optimised: means, wxyz, log scales, opacity logits, constant and other harmonics."""

    def __init__(self, splats: Splats, degree: int, rates: Rates, radius: float):
        sh = with_degree(splats, degree)
        values = {
            "means": splats.means,
            "wxyz": splats.wxyz,
            "scales": splats.scales.log(),
            "opacities": splats.opacities.clamp(*OPACITY_BOUNDS).logit(),
            "base": sh[:, :1],
            "rest": sh[:, 1:],
        }
        self.values = {name: value.detach().clone().requires_grad_() for name, value in values.items()}
        self.rates = {name: getattr(rates, name) * (radius if name == "means" else 1.0) for name in values}
        groups = [{"params": [self.values[name]], "lr": self.rates[name], "name": name} for name in values]
        self.optimizer = torch.optim.Adam(groups, eps=EPSILON)

    def __len__(self) -> int:
        return len(self.values["means"])

    def splats(self, harmonics: int | None = None) -> Splats:
        """With so many harmonics (all where None), differentiable."""
        at = self.values
        sh = torch.cat([at["base"], at["rest"]], dim=1)[:, :harmonics]
        return Splats(at["means"], at["wxyz"], at["scales"].exp(), at["opacities"].sigmoid(), sh=sh)

    def final(self) -> Splats:
        """As they are now, with unit rotations, apart from the optimisation."""
        splats = self.splats()
        unit = replace(splats, wxyz=torch.nn.functional.normalize(splats.wxyz, dim=-1))
        return Splats(**{name: values.detach() for name, values in unit.tensors().items()})

    def slow_means(self, share: float) -> None:
        """Set the rate of the means to `share` of its first value."""
        for group in self.optimizer.param_groups:
            if group["name"] == "means":
                group["lr"] = self.rates["means"] * share

    @torch.no_grad()
    def replace(self, kept: Tensor, added: dict[str, Tensor]) -> None:
        """Keep the splats at indices `kept` with their momenta, then add new ones, which start at rest."""
        for group in self.optimizer.param_groups:
            name, old = group["name"], group["params"][0]
            fresh = torch.cat([old[kept], added[name]]).requires_grad_()
            state = self.optimizer.state.pop(old, {})
            for key in ("exp_avg", "exp_avg_sq"):
                if key in state:
                    state[key] = torch.cat([state[key][kept], torch.zeros_like(added[name])])
            group["params"] = [fresh]
            self.optimizer.state[fresh] = state
            self.values[name] = fresh
