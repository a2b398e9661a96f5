"""How a generator stretches, folds and tears the latent square: its exact derivative at any point.

Computed in the precision of the points that are handed in, float32 or float64.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_core.training.networks import MLP

_BLOCK = 256  # points at a time, three rows of every layer for each: what fits the cache is fastest


def jacobians(network: MLP, z: Tensor) -> Tensor:
    """Return d network_i / d z_j at latents (N, 2): (N, 2, 2), indexed [point, i, j].

    Forward mode, where the activations are piecewise linear: the value and its two tangents go through each layer
    together. At a kink of LeakyReLU, where there is no derivative, the slope is that for negative values, as in torch.
    """
    flat = network.parameters_flat.detach().to(z.dtype)
    if network.leak is None:
        return torch.cat([_by_autograd(network, network.named(flat), block) for block in torch.split(z, _BLOCK)])
    with torch.inference_mode():
        views = network.views(flat)
        return torch.cat([_forward(network, views, network.leak, block) for block in torch.split(z, _BLOCK)])


def determinants(jacobian: Tensor) -> Tensor:
    """Determinants (N,) of (N, 2, 2): area of the image per latent area, negative where the plane is turned over.

    In float32 their error is about 1e-7 of the square of the larger stretch, so a lost dimension may have either sign.
    """
    (a, b), (c, d) = (row.unbind(-1) for row in jacobian.unbind(-2))
    return a * d - b * c


def log_stretch(jacobian: Tensor) -> Tensor:
    """log10 |det J| of (N, 2, 2): (N,), finite always; a lost dimension reads as the smallest number there is."""
    return determinants(jacobian).abs().clamp(min=torch.finfo(jacobian.dtype).tiny).log10()


def folded(jacobian: Tensor) -> Tensor:
    """Return where det J < 0 and the plane is turned over, of (N, 2, 2): (N,) bool.

    A fold is where this changes. Which side is called turned over means nothing: the spiral's own map has det J < 0
    everywhere, -0.15 pi r.
    """
    return determinants(jacobian) < 0


def stretches(jacobian: Tensor) -> Tensor:
    """Singular values of (N, 2, 2), the larger first: (N, 2), the half axes of the image of a unit circle.

    They are |p| + |q| and ||p| - |q||, with p and q the conformal and the anticonformal part (Blinn 1996).
    """
    (a, b), (c, d) = (row.unbind(-1) for row in jacobian.unbind(-2))
    p, q = torch.hypot(a + d, c - b) / 2, torch.hypot(a - d, c + b) / 2
    return torch.stack((p + q, (p - q).abs()), dim=-1)


def _by_autograd(network: MLP, parameters: dict[str, Tensor], z: Tensor) -> Tensor:
    """One backward pass for each output: for activations whose slope is not known here."""
    z = z.detach().clone().requires_grad_()
    y = torch.func.functional_call(network, parameters, (z,))
    of_each = [torch.autograd.grad(y[:, i].sum(), z, retain_graph=True)[0] for i in range(y.shape[1])]
    return torch.stack(of_each, dim=1)


def _forward(network: MLP, views: list[tuple[Tensor, Tensor]], leak: float, z: Tensor) -> Tensor:
    *hidden, (weight, bias) = views
    rows = torch.cat((z[None], torch.eye(2, dtype=z.dtype, device=z.device)[:, None].expand(2, len(z), 2)))
    for hidden_weight, hidden_bias in hidden:
        rows = rows @ hidden_weight.t()  # (3, n, H): the value, and its derivative along each latent axis
        rows[0] += hidden_bias
        rows *= torch.where(rows[0] > 0, 1.0, leak).to(z.dtype)
    value, *tangents = rows @ weight.t()
    jacobian = torch.stack(tangents, dim=-1)  # (n, outputs, 2)
    return jacobian * _tanh_slope(value + bias)[..., None] if isinstance(network.layers[-1], nn.Tanh) else jacobian


def _tanh_slope(x: Tensor) -> Tensor:
    """1 - tanh^2, without the cancellation that makes it 0 in float32 from |x| = 9 on."""
    e = torch.exp(-2 * x.abs())
    return 4 * e / (1 + e) ** 2
