"""Lenses: what else can be seen at one look, for whoever asks for it. A new one is one `LENSES.add` here.

Each gives the arrays that `gan_core.records.arrays.LENS_ARRAYS` describes, in short parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.looking.instruments import Instruments
from gan_core.looking.looks import NOBODY, Networks, Seen, cell_centres
from gan_core.looking.measures.best_d import best_d
from gan_core.looking.measures.jacobian import folded, jacobians, log_stretch
from gan_core.looking.measures.pull import asked_share, fakes_before, generated_by, pull
from gan_core.looking.measures.units import SIDE, as_bytes, drawn_units, ranges
from gan_core.records.arrays import GAME_NUMBERS, MAX_ARROWS, POINT_SCALE
from gan_core.setup.config import BOUNDS, GANConfig, HyperParameters
from gan_core.setup.registry import Registry
from gan_core.theory.game import arrows, foretold, is_game
from gan_core.theory.spectrum import is_tiny, spectrum
from gan_core.training.networks import as_made

ARROWS = 400  # fakes of which the pull is shown
_PART = 2048  # points whose derivatives are taken at a time, some 30 ms of the article's network
_FEW = 64  # real points and latents for which the spectrum of a game is computed
_LOG_SCALE = 1000  # log10 |det J| travels as so many to a power of ten

Arrays = dict[str, npt.NDArray[Any]]
Parts = Generator[None, None, Arrays]


@dataclass(frozen=True, eq=False)
class Subject:
    """What a lens is held against."""

    networks: Networks
    seen: Seen
    latents: Tensor  # (N, latent_dim), of the fakes that were seen
    # Of G (P,) each: `update`, what its last step added to its parameters, and their `mean`; and the live `values`, in
    # their order.
    of_g: Mapping[str, Tensor]
    instruments: Instruments
    trained: frozenset[str]  # of "generator" and "discriminator"
    config: GANConfig
    reals: Tensor  # (M, 2)
    reach: float = 1.0  # latent units to one of the plane that is shown


@dataclass(frozen=True)
class Lens:
    """One lens, and what a run has to offer for it to show something."""

    look: Callable[[Subject], Parts]
    needs: frozenset[str]  # of records.offers.OFFERS
    pause: float = 0.0  # seconds for which frames of a run that trains go without it, once one had it
    # The same of networks and of what is trained, where it needs nothing else: a frame that is there can be given it.
    alone: Callable[[Networks, frozenset[str]], Parts] | None = None


def _best_d(subject: Subject) -> Parts:
    p, q = yield from subject.instruments.densities(subject.seen, len(subject.seen.sample_map))
    best = best_d(p, q).mul(NOBODY - 1).nan_to_num(NOBODY).round()
    return {"best_d": best.to(torch.uint8).numpy()}


def _tears(subject: Subject) -> Parts:
    generator, resolution = subject.networks[0], len(subject.seen.latent_map)
    grid = cell_centres(resolution, subject.latents.device)
    stretch, turned = [], []
    for part in torch.split(grid, _PART):
        jacobian = jacobians(generator, part)
        stretch.append(log_stretch(jacobian) - 2 * math.log10(subject.reach))
        turned.append(folded(jacobian))
        yield None
    limit = torch.iinfo(torch.int16).max
    scaled = torch.cat(stretch).mul(_LOG_SCALE).round().clamp(-limit, limit).to(torch.int16)
    shape = resolution, resolution
    return {
        "stretch": scaled.view(shape).cpu().numpy(),
        "folded": torch.cat(turned).to(torch.uint8).view(shape).cpu().numpy(),
    }


def _pull(subject: Subject) -> Parts:
    if "update" not in subject.of_g:
        return {"pull": np.zeros((0, 6), np.float32), "asked_share": np.full(1, np.nan, np.float32)}
    _, discriminator, generator = subject.networks
    before = fakes_before(generator, subject.of_g["update"], subject.latents)
    yield None
    asked, did = pull(discriminator, before), subject.seen.fakes - before
    longest = torch.linalg.vector_norm(asked[:ARROWS], dim=1).amax().clamp(min=torch.finfo(asked.dtype).tiny)
    arrows = torch.cat((before, asked / longest, did), dim=1)[:ARROWS]
    return {
        "pull": arrows.cpu().numpy().astype(np.float32),
        "asked_share": np.full(1, asked_share(asked, did), np.float32),
    }


def _mean(subject: Subject) -> Parts:
    """Fakes of the first latents by the running mean of G's weights."""
    if "mean" not in subject.of_g:
        return {"mean": np.zeros((0, 2), np.int16)}
    yield None
    fakes = generated_by(subject.networks.whole, subject.of_g["mean"], subject.latents[:MAX_ARROWS])
    return {"mean": (fakes.clamp(-1, 1) * POINT_SCALE).round().to(torch.int16).cpu().numpy()}


def _units(networks: Networks, trained: frozenset[str]) -> Parts:
    grid = cell_centres(SIDE, networks.generator.parameters_flat.device)
    found, rows = [], 0
    for number, (name, network) in enumerate(zip(("generator", "discriminator"), networks, strict=False)):
        if name not in trained:
            continue
        drawn = drawn_units(network, grid)
        places = torch.nn.functional.pad(drawn.places, (1, 0), value=number)
        found.append((drawn.values, places, drawn.inputs + rows * (drawn.inputs >= 0), drawn.weights))
        rows += len(places)
        yield None
    values, places, inputs, weights = (torch.cat(each) for each in zip(*found, strict=True))
    between = ranges(values)
    return {
        "unit_maps": as_bytes(values, between).t().contiguous().view(SIDE, SIDE, -1).cpu().numpy(),
        "unit_ranges": between.cpu().numpy(),
        "unit_places": places.to(torch.int16).cpu().numpy(),
        "unit_inputs": inputs.to(torch.int16).cpu().numpy(),
        "unit_weights": weights.cpu().numpy(),
    }


def _values(of_g: Mapping[str, Tensor]) -> HyperParameters | None:
    """The live values, rid of what float32 has made of them."""
    if "values" not in of_g:
        return None
    return HyperParameters(
        **{name: float(f"{value:.7g}") for name, value in zip(BOUNDS, of_g["values"].tolist(), strict=True)}
    )


def _game(subject: Subject) -> Parts:
    """Where the two numbers stand, what theory says of a step, and the field about the middle."""
    values = _values(subject.of_g)
    if values is None or not is_game(subject.config):
        return {"game": np.full(GAME_NUMBERS, np.nan, np.float32), "game_field": np.zeros((0, 4), np.float32)}
    discriminator = subject.networks.discriminator
    slope = discriminator(torch.tensor([[1.0, 0.0], [0.0, 0.0]])).detach()[:, 0]
    at = float(subject.seen.fakes[0, 0]), float(slope[0] - slope[1])
    told = foretold(subject.config, values)
    yield None
    reach = 2.0 ** max(0, math.ceil(math.log2(1.1 * max(map(abs, at)) + 1e-9)))
    numbers = [*at, told.factor, told.turn, told.threshold, told.flow.real, told.flow.imag, reach]
    field = arrows(subject.config, values, reach)
    return {"game": np.array(numbers, np.float32), "game_field": field.numpy().astype(np.float32)}


def _spectrum(subject: Subject) -> Parts:
    values = _values(subject.of_g)
    if values is None or not is_tiny(subject.config):
        return {"spectrum": np.zeros((0, 2), np.float32)}
    seen = subject.networks.whole, subject.networks.discriminator
    made_of = subject.config.networks.values()
    networks = [as_made(network, made) for network, made in zip(seen, made_of, strict=True)]
    points = subject.reals[:_FEW], subject.latents[:_FEW]
    found = yield from spectrum(subject.config, values, (networks[0], networks[1]), *points)
    return {"spectrum": torch.view_as_real(found).numpy().astype(np.float32)}


# Lenses that need what the engine has beside the networks (`GANEngine.beside_generator`).
NEED_BESIDE = frozenset(("pull", "mean", "game", "spectrum"))

LENSES: Registry[Lens] = Registry("lens")
LENSES.add("best-d", Lens(_best_d, frozenset(("discriminator", "density"))))
LENSES.add("tears", Lens(_tears, frozenset(("generator",))))
LENSES.add("pull", Lens(_pull, frozenset(("generator", "discriminator", "probability"))))
LENSES.add("mean", Lens(_mean, frozenset(("generator", "mean"))))
LENSES.add("game", Lens(_game, frozenset(("game",)), pause=0.1))
LENSES.add("spectrum", Lens(_spectrum, frozenset(("tiny",)), pause=60.0))
LENSES.add("units", Lens(lambda of: _units(of.networks, of.trained), frozenset(("trains",)), pause=0.6, alone=_units))


def available(offered: frozenset[str]) -> frozenset[str]:
    """The lenses that show something of a run that has this to offer."""
    return frozenset(name for name, lens in LENSES.items() if lens.needs <= offered)
