"""The game of two numbers written out: against closed forms, against tables, and against training itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.theory import closed_forms as known
from gan_core.theory.game import Game, is_game
from gan_core.training.engine import GANEngine
from gan_core.training.toys import START
from two_numbers import TOY
from two_numbers import Game as Trained

VALUES = HyperParameters(lr_g=0.2, lr_d=0.4, beta1_g=0.0, beta1_d=0.0)


def of(rule: str = "sgd", h: float = 0.2, values: dict[str, float] | None = None, **config: Any) -> Game:
    made = GANConfig(**TOY, batch=2, optimiser_g=rule, optimiser_d=rule, **config)
    game = Game(made, VALUES)
    rates = {"lr_g": h, "lr_d": h / game.objective.scale}
    return Game(made, replace(VALUES, **rates, **(values or {})))


def s(t: float) -> float:
    return 1 / (1 + math.exp(-t))


PLACES = torch.tensor([(0.3, -0.9), (-1.2, 0.4), (1.0, 1.0), (0.0, 0.5)], dtype=torch.float64)


@pytest.mark.parametrize(
    ("config", "of_theta", "of_psi"),
    [
        ({"objective": "minimax"}, lambda u: s(-u), lambda u: s(-u)),
        ({"objective": "non-saturating"}, lambda u: s(u), lambda u: s(-u)),
        ({"objective": "relativistic"}, lambda u: s(u), lambda u: s(-u)),
        ({"objective": "wasserstein"}, lambda u: 1.0, lambda u: 1.0),
    ],
)
def test_fields_are_those_of_the_papers(config: dict[str, Any], of_theta: Any, of_psi: Any) -> None:
    """v = (-psi f'(u), theta f'(u)), u = psi theta, with the papers' sign of psi; D's half is taken out."""
    game = of(**config)
    found = game.field(PLACES * torch.tensor((1.0, -1.0)))
    for (theta, psi), (v, w) in zip(PLACES.tolist(), found.tolist(), strict=True):
        u = theta * psi
        assert v == pytest.approx(-psi * of_theta(u), abs=1e-12)
        assert -w / game.objective.scale == pytest.approx(theta * of_psi(u), abs=1e-12)


@pytest.mark.parametrize(
    ("config", "values", "c"),
    [
        ({}, {}, 0.0),
        ({"penalty": "r1"}, {"penalty_weight": 0.3}, known.damping(0.3)),
        ({"penalty": "r2"}, {"penalty_weight": 1.0}, known.damping(1.0)),
        ({"penalty": "r1+r2"}, {"penalty_weight": 0.7}, known.damping(1.4)),
        ({}, {"instance_noise": 0.7}, known.damping(noise=0.7)),
        ({"penalty": "r1"}, {"instance_noise": 0.5, "penalty_weight": 2.0}, known.damping(2.0, 0.5)),
    ],
    ids=str,
)
@pytest.mark.parametrize("objective", ["minimax", "non-saturating"])
def test_eigenvalues_are_those_of_the_closed_forms(
    objective: str, config: dict[str, Any], values: dict[str, float], c: float
) -> None:
    """Of the flow, of steps at once and in turn, and the largest step of either that comes to rest."""
    game = of(objective=objective, values=values, **config)
    flow = game.jacobian(torch.zeros(2, dtype=torch.float64)) / torch.tensor([[1.0], [game.objective.scale]])
    near(torch.linalg.eigvals(flow).tolist(), known.flow(0.5, c))
    for rule, step, threshold in (
        ("sgd-at-once", known.at_once, known.threshold_at_once),
        ("sgd", known.in_turn, known.threshold_in_turn),
    ):
        game = of(rule, objective=objective, values=values, **config)
        near(game.eigenvalues()[:2].tolist(), step(0.2, 0.5, c))
        assert game.factor() == pytest.approx(known.radius(step(0.2, 0.5, c)), rel=1e-6)
        if c:
            assert game.threshold() * 0.2 == pytest.approx(threshold(0.5, c), rel=1e-6)


def near(found: list[complex], expected: tuple[complex, ...]) -> None:
    key = lambda x: (round(x.real, 6), round(x.imag, 6))  # noqa: E731
    for one, other in zip(sorted(found, key=key), sorted(map(complex, expected), key=key), strict=True):
        assert one == pytest.approx(other, abs=2e-7)  # where both roots are one, half of the digits are lost


@pytest.mark.parametrize("h", [0.1, 0.3, 0.5])
def test_the_bilinear_game(h: float) -> None:
    bilinear = {"objective": "wasserstein(clip=0)"}
    factor = of("extragradient-sgd", h, **bilinear).factor()
    assert factor == pytest.approx(math.sqrt(1 - h**2 + h**4), rel=1e-9)
    assert of("optimistic-sgd", h, **bilinear).factor() == pytest.approx(
        math.sqrt((1 + math.sqrt(1 - 4 * h**2)) / 2), rel=1e-6
    )
    assert of("sgd-at-once", h, **bilinear).factor() == pytest.approx(math.sqrt(1 + h**2), rel=1e-9)
    assert of("sgd", h, **bilinear).factor() == pytest.approx(1, rel=1e-7)
    assert of("sgd-at-once", h, consensus=0.6, **bilinear).factor() == pytest.approx(
        math.hypot(1 - 0.6 * h, h), rel=1e-9
    )


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (of("extragradient-sgd", 0.5, objective="wasserstein(clip=0)"), known.threshold_extragradient(1)),
        (of("optimistic-sgd", 0.5, objective="wasserstein(clip=0)"), known.threshold_optimistic(1)),
        (of("optimistic-sgd", 0.5, objective="minimax"), known.threshold_optimistic(0.5)),
        (of("sgd-at-once", 0.5, objective="minimax", consensus=1.0), 1.6),
        (of("sgd-at-once", 0.5, objective="minimax", values={"instance_noise": 0.7}), 0.98),
        (of("sgd", 0.5, objective="minimax", penalty="r1"), 1.657),
        (of("sgd-at-once", 0.5, objective="minimax", penalty="r1", values={"penalty_weight": 0.05}), 0.2),
        (of("sgd-at-once", 0.5, objective="minimax"), 0.0),
    ],
)
def test_thresholds_of_the_table(game: Game, expected: float) -> None:
    assert game.threshold() * 0.5 == pytest.approx(expected, abs=5e-4)


CASES = [
    {"rule": "sgd", "objective": "minimax"},
    {"rule": "sgd", "objective": "non-saturating", "penalty": "r1+r2", "values": {"penalty_weight": 0.3}},
    {"rule": "sgd", "objective": "least-squares", "values": {"beta1_g": 0.5, "beta1_d": 0.3}},
    {"rule": "sgd", "objective": "hinge", "values": {"updates_d": 3.0, "updates_g": 2.0}},
    {"rule": "sgd-at-once", "objective": "relativistic", "values": {"beta1_g": 0.5}},
    {"rule": "sgd-at-once", "objective": "minimax", "consensus": 0.8},
    {"rule": "sgd-at-once", "objective": "wasserstein", "penalty": "wgan-gp", "values": {"penalty_weight": 0.35}},
    {"rule": "sgd", "objective": "wasserstein(clip=0.5)"},
    {"rule": "sgd", "objective": "wasserstein", "penalty": "dragan"},
    {"rule": "optimistic-sgd", "objective": "minimax"},
    {"rule": "extragradient-sgd", "objective": "non-saturating", "values": {"beta1_g": 0.2, "beta1_d": 0.4}},
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_training_goes_where_it_is_said_to(case: dict[str, Any]) -> None:
    """Forty steps of the very code that trains, in float64, and the path that is written out."""
    game = of(**case)
    values = {
        name: value for name, value in (case.get("values") or {}).items() if name not in ("updates_d", "updates_g")
    }
    each = {name: int(case["values"][name]) for name in ("updates_d", "updates_g") if name in case.get("values", {})}
    config = {name: value for name, value in case.items() if name not in ("rule", "values")}
    trained = Trained(0.2, at=(0.8, 0.4), optimiser=case["rule"], **config, **values, **each)
    path = game.path(0.8, -0.4, 40)
    for theta, psi in path[1:].tolist():
        trained.run()
        assert (theta, -psi) == (pytest.approx(trained.now()[0], abs=1e-10), pytest.approx(trained.now()[1], abs=1e-10))


def test_a_run_of_the_engine_goes_there_too() -> None:
    """In float32, from where every run of it begins."""
    game = of("sgd", objective="minimax", penalty="r1", values={"penalty_weight": 0.3})
    engine = GANEngine(Experiment(game.config, game.values), device="cpu")
    engine.advance(50)
    theta, psi = (
        float(engine.generator.layers[0].bias[0].detach()),
        float(engine.discriminator.layers[0].weight[0, 0].detach()),
    )
    assert (theta, psi) == tuple(pytest.approx(x, abs=1e-5) for x in game.path(START, -START, 50)[-1].tolist())


def test_which_runs_are_a_game() -> None:
    config = GANConfig(**TOY)
    assert is_game(config)
    for other in (
        {"target": "ring"},
        {"generator": "none:relu:point:tanh"},
        {"packing": 2},
        {"discriminator": "8:relu"},
    ):
        assert not is_game(replace(config, **other))
    assert not of("adam").steps
    with pytest.raises(ValueError, match="written out"):
        of("adam").step(torch.zeros(4))
