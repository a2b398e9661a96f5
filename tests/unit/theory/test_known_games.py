"""The Dirac-GAN and the bilinear game, through the optimisers, penalties and objectives that train every run.

The numbers of the tables were computed apart from this code, from the fields written out in float64, with the step
h = 0.2 and the start (1, 1) of the authors' own notebook (github.com/LMescheder/GAN_stability).
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.training.engine import GANEngine
from gan_core.training.optimisers import OPTIMISERS
from two_numbers import TOY, Game

AT_ONCE = {"optimiser": "sgd-at-once"}
MINIMAX, NON_SATURATING = {"objective": "minimax"}, {"objective": "non-saturating"}


def near(text: str) -> Any:
    """The number, to within half a unit of the last digit that is written."""
    mantissa, _, power = text.partition("e")
    unit = 10.0 ** (int(power or 0) - len(mantissa.split(".")[1]))
    return pytest.approx(float(text), abs=0.5001 * unit)


@pytest.mark.parametrize(
    ("game", "at_once", "in_turn"),
    [
        (MINIMAX, ("1.963", "3.096949"), ("1.404", "1.421")),
        (NON_SATURATING, ("0.7415", "0.6402"), ("0.5755", "0.2839")),
        ({"objective": "relativistic"}, ("0.7415", "0.6402"), ("0.5755", "0.2839")),  # the field of non-saturating
        (MINIMAX | {"penalty": "r1", "penalty_weight": 0.3}, ("0.0990", "2.643e-6"), ("0.0610", "2.301e-7")),
        (MINIMAX | {"penalty": "r2", "penalty_weight": 0.3}, ("0.0990", "2.643e-6"), ("0.0610", "2.301e-7")),
        (MINIMAX | {"penalty": "r1+r2", "penalty_weight": 0.15}, ("0.0990", "2.643e-6"), ("0.0610", "2.301e-7")),
        (MINIMAX | {"penalty": "r1", "penalty_weight": 1.0}, ("3.79e-4", "9.5e-22"), ("1.09e-3", "7.5e-17")),
        (NON_SATURATING | {"penalty": "r1", "penalty_weight": 0.3}, ("0.0766", "2.21e-6"), ("0.0485", "1.50e-7")),
        (MINIMAX | {"instance_noise": 0.7, "half": 8192}, ("0.2038", "5.73e-5"), ("0.1250", "4.00e-6")),
    ],
    ids=str,
)
def test_distances_of_the_table(game: dict[str, Any], at_once: tuple[str, str], in_turn: tuple[str, str]) -> None:
    """After 100 and after 500 steps, to every digit that the table has."""
    r = Game(0.2, **game, **AT_ONCE).radii(500)
    assert [r[99], r[499]] == [near(x) for x in at_once]
    r = Game(0.2, **game).radii_theta_first(500)
    assert [r[99], r[499]] == [near(x) for x in in_turn]


def test_consensus_of_the_table() -> None:
    """At once only: in turn there is no such step."""
    r = Game(0.2, objective="minimax", consensus=1.0).radii(500)
    assert [r[99], r[499]] == [near("0.0232"), near("2.58e-10")]


def test_minimax_leaves_in_every_step_at_once_and_circles_in_turn() -> None:
    r = Game(0.2, **MINIMAX, **AT_ONCE).radii(500)
    assert all(after > before for before, after in zip([math.sqrt(2), *r], r, strict=False))
    assert max(Game(0.2, **MINIMAX).radii_theta_first(500)) < 1.42205


def test_the_limit_cycle_of_the_non_saturating_game() -> None:
    """At once it ends near a circle: r^2 -> 2 h, in each turn some percent more and less."""
    r = Game(0.2, at=(0.5, 0.4), **NON_SATURATING, **AT_ONCE).radii(1500)[-628:]  # ten turns of 2 pi/(h a) steps
    ratios = [x * x / 0.4 for x in r]
    assert sum(ratios) / len(ratios) == pytest.approx(0.998, abs=2e-3)
    assert (min(ratios), max(ratios)) == (pytest.approx(0.97, abs=6e-3), pytest.approx(1.02, abs=6e-3))


def test_the_non_saturating_game_in_turn_comes_to_rest_slowly() -> None:
    """r^2 -> 8/(h n): so 1/r^2 grows by h/8 a step, on the mean over a turn."""
    r = Game(0.2, at=(0.3, 0.0), **NON_SATURATING).radii_theta_first(1500)
    first, last = (sum(1 / x**2 for x in r[n : n + 63]) / 63 for n in (500, 500 + 14 * 63))
    assert (last - first) / (14 * 63) == pytest.approx(0.2 / 8, rel=0.02)


@pytest.mark.parametrize("gamma", [0.04, 0.06])
def test_r1_has_its_threshold(gamma: float) -> None:
    """At once, h a^2 = 0.05 parts those that leave from those that come back: |lambda|^2 = 1 - h gamma + h^2 a^2.

    From 0.01 the table has 0.017 of the distance after 4 000 steps of 0.06: here after a quarter of them.
    """
    start = 0.001 / math.sqrt(2)
    r = Game(0.2, at=(start, start), **MINIMAX, penalty="r1", penalty_weight=gamma, **AT_ONCE).radii(1000)
    grown = r[-1] / 0.001
    assert (grown < 1) == (gamma > 0.05)
    # The ellipse of the linear map is no circle: the distance on it varies by some percent.
    assert grown == pytest.approx((1 - 0.2 * gamma + 0.2**2 / 4) ** 500, rel=0.08)
    if gamma == 0.06:
        assert grown**4 == pytest.approx(0.017, rel=0.2)


@pytest.mark.parametrize(
    ("game", "last", "at_once", "in_turn", "five"),
    [
        ({"objective": "wasserstein(clip=1)"}, (440, 500), (1.0006, 1.268), (0.949, 1.049), (0.449, 1.006)),
        (
            {"objective": "wasserstein", "penalty": "wgan-gp", "penalty_weight": 0.35},  # the table's lambda is halved
            (500, 700),
            (1.62, 1.97),
            (1.14, 1.44),
            (0.675, 1.504),
        ),
    ],
    ids=["clip", "wgan-gp"],
)
def test_critics_of_the_table_never_come_to_rest(
    game: dict[str, Any],
    last: tuple[int, int],
    at_once: tuple[float, ...],
    in_turn: tuple[float, ...],
    five: tuple[float, ...],
) -> None:
    runs = (
        (Game(0.2, **game, **AT_ONCE).radii(last[1]), at_once),
        (Game(0.2, **game).radii_theta_first(last[1]), in_turn),
        (Game(0.2, **game, updates_d=5).radii_theta_first(last[1]), five),
    )
    for r, (least, most) in runs:
        seen = r[last[0] :]
        assert (min(seen), max(seen)) == (pytest.approx(least, abs=6e-3), pytest.approx(most, abs=6e-3))


BILINEAR = {"objective": "wasserstein(clip=0)"}


@pytest.mark.parametrize("h", [0.1, 0.3, 0.5])
@pytest.mark.parametrize(
    ("game", "squared"),
    [
        (AT_ONCE, lambda h: 1 + h**2),
        ({"optimiser": "extragradient-sgd"}, lambda h: 1 - h**2 + h**4),
        ({"consensus": 0.6}, lambda h: (1 - h * 0.6) ** 2 + h**2),
    ],
    ids=["at once", "extragradient", "consensus"],
)
def test_every_step_of_the_bilinear_game_multiplies_the_distance(game: dict[str, Any], squared: Any, h: float) -> None:
    r = Game(h, **BILINEAR, **game).radii(60)
    for before, after in zip([math.sqrt(2), *r], r, strict=False):
        assert after / before == pytest.approx(math.sqrt(squared(h)), rel=1e-12)


@pytest.mark.parametrize("h", [0.1, 0.3, 0.49, 0.55, 0.59])
def test_optimistic_steps_of_the_bilinear_game(h: float) -> None:
    """w' = w + 2ih w - ih w_before: up to h = 1/2 by its own formula, beyond by the larger root, 1 at h = 1/sqrt 3."""
    r = Game(h, **BILINEAR, optimiser="optimistic-sgd").radii(700)
    root = max(abs(complex(x)) for x in torch.linalg.eigvals(torch.tensor([[1 + 2j * h, -1j * h], [1, 0]])))
    assert (r[-1] / r[-401]) ** (1 / 400) == pytest.approx(root, rel=2e-3)
    if h < 0.5:
        assert root == pytest.approx(math.sqrt((1 + math.sqrt(1 - 4 * h**2)) / 2), rel=1e-6)
    assert (r[-1] < r[0]) == (h < 1 / math.sqrt(3))


@pytest.mark.parametrize("h", [0.99, 1.01])
def test_extragradient_has_its_threshold(h: float) -> None:
    r = Game(h, **BILINEAR, optimiser="extragradient-sgd").radii(300)
    assert (r[-1] < r[0]) == (h < 1)


def test_moves_in_turn_circle_in_the_bilinear_game() -> None:
    """The map has determinant 1 and trace 2 - h^2: theta^2 + psi^2 - h theta psi stays what it is."""
    h = 0.2
    game = Game(h, **BILINEAR)
    game.run(lr_d=0.0)
    kept = []
    for _ in range(500):
        theta, _ = game.now()
        game.run()
        psi = game.now()[1]
        kept.append(theta**2 + psi**2 - h * theta * psi)
    assert kept == [pytest.approx(kept[0], rel=1e-12)] * 500


@pytest.mark.parametrize(
    ("beta", "begun", "expected", "near"), [(0.99, 1000, 0.0502, 6e-5), (0.999, 12_000, 0.0050, 6e-5)]
)
def test_a_mean_hides_the_circle_and_does_not_end_it(beta: float, begun: int, expected: float, near: float) -> None:
    """G's running mean swings (1 - beta)/sqrt(1 - 2 beta cos phi + beta^2) as far as theta, cos phi = 1 - h^2/2."""
    config = GANConfig(**TOY, **BILINEAR, optimiser_g="sgd", optimiser_d="sgd", batch=2, ema=beta)
    engine = GANEngine(Experiment(config, HyperParameters(lr_g=0.2, lr_d=0.2, beta1_g=0, beta1_d=0)), device="cpu")
    engine.advance(begun)  # the mean forgets where it began by beta a step
    thetas, means, place = [], [], 2 * config.latent_dim
    for _ in range(627):  # twenty turns
        engine.step()
        thetas.append(float(engine.generator.parameters_flat[place]))
        means.append(float(engine.ema[place]))
    swing = math.sqrt(sum(x * x for x in means) / sum(x * x for x in thetas))
    assert swing == pytest.approx(expected, abs=near)


def test_only_those_that_say_so_move_at_once() -> None:
    joint = {name for name in OPTIMISERS if OPTIMISERS.make(name).joint}
    assert joint == {"extragradient", "sgd-at-once", "optimistic-sgd", "extragradient-sgd"}
