"""What D asks of each fake, and what the fakes did: read from the weights, without a trace in the training.

Everything is computed in the precision of the points that are handed in, float32 or float64.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear, logsigmoid

from gan_core.training.networks import MLP


def pull(discriminator: MLP, x: Tensor) -> Tensor:
    """Gradient of log D(x) at (N, 2) points: the way to go to look more real, (N, 2), per data unit.

    It is what the generator's non-saturating loss hands back to each fake, with the sign of a descent:
    (1 - D(x)) times the gradient of the logit, by the chain rule from the last layer to the first.
    """
    flat = discriminator.parameters_flat.detach().to(x.dtype)
    if discriminator.leak is None:
        x = x.detach().clone().requires_grad_()
        logits = torch.func.functional_call(discriminator, discriminator.named(flat), (x,))
        return torch.autograd.grad(logsigmoid(logits).sum(), x)[0]
    with torch.inference_mode():
        return _by_hand(discriminator, flat, discriminator.leak, x)


def _by_hand(discriminator: MLP, flat: Tensor, leak: float, x: Tensor) -> Tensor:
    *hidden, (last, bias) = discriminator.views(flat)
    layers, slopes, h = [weight for weight, _ in hidden], [], x
    for weight, b in hidden:
        z = linear(h, weight, b)
        slopes.append(torch.where(z > 0, 1.0, leak).to(x.dtype))
        h = z * slopes[-1]
    d = torch.sigmoid(-linear(h, last, bias)) * last
    for weight, slope in zip(reversed(layers), reversed(slopes), strict=True):
        d = (d * slope) @ weight
    return d


def asked_share(asked: Tensor, did: Tensor) -> float:
    """Share of the fakes whose move (N, 2) has a positive component along what was asked of them (N, 2).

    A fake that did not move, or of which nothing was asked, counts as one that did not do it. About one half is what
    moves without any regard to D would score.
    """
    return float(((asked * did).sum(1) > 0).double().mean())


@torch.inference_mode()
def fakes_before(generator: MLP, update: Tensor, z: Tensor) -> Tensor:
    """G(z) at latents (N, 2) with the parameters that G had before `update` (P,) was added to them: (N, 2)."""
    return generated_by(generator, generator.parameters_flat - update, z)


@torch.inference_mode()
def generated_by(generator: MLP, flat: Tensor, z: Tensor) -> Tensor:
    """G(z) at latents (N, latent_dim) with other parameters (P,): (N, 2)."""
    fakes: Tensor = torch.func.functional_call(generator, generator.named(flat.to(z.dtype)), (z,))
    return fakes
