"""The eigenvalues of a game's Jacobian, of networks as they are: how it moves about where it stands.

v is minus the gradient of each player's loss by its own parameters, D's as papers write it whatever the objective's
`scale`; v' its derivative by all parameters (Mescheder, Nowozin and Geiger 2017). Near a place of rest, an eigenvalue
with a positive real part leads away, one with a large imaginary part circles, and a step of both at once with learning
rate h multiplies by 1 + h lambda. Far from rest they say how the field bends there, and no more.
"""

from __future__ import annotations

from collections.abc import Generator
from copy import deepcopy

import torch
from torch import Tensor, nn

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.network import TOYS
from gan_core.training.kernels import TorchKernels
from gan_core.training.objectives import OBJECTIVES, Sides, of_generator
from gan_core.training.penalties import PENALTIES, GradientNorm

MOST = 600  # parameters of both networks together
_SEED = 20200607
_ROWS = 32  # of the Jacobian at a time


def parameters(config: GANConfig) -> int:
    """How many numbers both networks learn together, those of a norm included."""
    generator, discriminator = config.networks["generator"], config.networks["discriminator"]
    sums = [int(network.activation.numbers.get("pieces", 1)) for network in (generator, discriminator)]
    inputs = config.latent_dim, 2 * config.packing
    return generator.parameters(inputs[0], 2, sums=sums[0]) + discriminator.parameters(inputs[1], 1, sums=sums[1])


def is_tiny(config: GANConfig) -> bool:
    """Whether there is a spectrum of it: of a GAN with few parameters, whose penalty is on a norm of D's gradient.

    And without batch or spectral normalisation: what is looked at is a network at rest, whose norms are in its weights.
    """
    penalty = PENALTIES.make(config.penalty)
    return (
        config.task == "gan"
        and all(network.norm in ("none", *TOYS) for network in config.networks.values())
        and config.packing == 1
        and (penalty.of is None or penalty.norm is not None)
        and parameters(config) <= MOST
    )


def field(
    config: GANConfig, values: HyperParameters, networks: tuple[nn.Module, nn.Module], real: Tensor, z: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """v (P,), differentiable, and the parameters that it moves, G's first; those that no loss depends on are left out.

    `networks` are float64, generator first; real (n, 2) and z (n, dim) stand for the data and the latents of both
    updates. What is drawn is drawn from one fixed seed: instance noise, and places of a penalty.
    """
    generator, discriminator = networks
    objective, norm = OBJECTIVES.make(config.objective), PENALTIES.make(config.penalty).norm
    kernels, random, n = (
        TorchKernels(torch.device("cpu"), torch.float32),
        torch.Generator().manual_seed(_SEED),
        len(real),
    )
    fakes = generator(z)
    shown = torch.cat((real, fakes))
    if values.instance_noise:
        shown = shown + values.instance_noise * torch.randn(shown.shape, generator=random, dtype=shown.dtype)
    scores = discriminator(shown)
    of_d = Sides(objective, kernels, n).loss(scores)[0] / objective.scale
    if norm is not None:
        of_d = of_d + values.penalty_weight * _penalty(norm, discriminator, shown, n, random)
    of_g = of_generator(objective, kernels, scores[n:], scores[:n])[0]
    moved: list[Tensor] = []
    found: list[Tensor] = []
    for loss, network in ((of_g, generator), (of_d, discriminator)):
        own = list(network.parameters())
        for parameter, down in zip(
            own, torch.autograd.grad(loss, own, create_graph=True, allow_unused=True), strict=True
        ):
            if down is not None:
                moved.append(parameter)
                found.append(-down.reshape(-1))
    return torch.cat(found), moved


def jacobian(
    config: GANConfig, values: HyperParameters, networks: tuple[nn.Module, nn.Module], real: Tensor, z: Tensor
) -> Generator[None, None, Tensor]:
    """v' (P, P) by automatic differentiation, some rows of v at a time: yields after each part.

    In float64, of copies: the networks stay as they are. The points are as of `field`.
    """
    doubles = [deepcopy(network).double() for network in networks]
    v, moved = field(config, values, (doubles[0], doubles[1]), real.double(), z.double())
    rows = []
    for each in torch.split(torch.eye(len(v), dtype=v.dtype), _ROWS):
        found = torch.autograd.grad(v, moved, each, is_grads_batched=True, allow_unused=True, retain_graph=True)
        none = [v.new_zeros(len(each), parameter.numel()) for parameter in moved]  # where v is linear in one of them
        rows.append(
            torch.cat([zero if of is None else of.reshape(zero.shape) for of, zero in zip(found, none, strict=True)], 1)
        )
        yield None
    return torch.cat(rows)


def spectrum(
    config: GANConfig, values: HyperParameters, networks: tuple[nn.Module, nn.Module], real: Tensor, z: Tensor
) -> Generator[None, None, Tensor]:
    """The eigenvalues of v', (P,) complex, by falling real part; in parts, as `jacobian`."""
    matrix = yield from jacobian(config, values, networks, real, z)
    found: Tensor = torch.linalg.eigvals(matrix)
    return found[found.real.argsort(descending=True)]


def _penalty(norm: GradientNorm, discriminator: nn.Module, shown: Tensor, n: int, random: torch.Generator) -> Tensor:
    """The penalty as `gan_core.training.penalties` has it, but as a function of the fakes, too."""

    def uniform(rows: int, columns: int) -> Tensor:
        return torch.rand((rows, columns), generator=random, dtype=shown.dtype)

    own = (norm.points(shown[:n], shown[n:], uniform),) if norm.elsewhere else ()
    x = torch.cat((shown, *own))[norm.rows(n)]
    if not x.requires_grad:
        x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return norm.value(slopes, n)
