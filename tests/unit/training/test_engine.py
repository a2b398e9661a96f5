"""The engine against an independent float64 implementation of the recipe, and its state against a replay."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from digest import digest
from gan_core import PRESETS
from gan_core.looking.probe import Probe
from gan_core.records.frames import Moment
from gan_core.records.steps import StepMetrics
from gan_core.setup.config import BOUNDS, GANConfig, HyperParameters, sized
from gan_core.setup.presets import Preset
from gan_core.targets.target import Target
from gan_core.training.batches import BLOCK
from gan_core.training.engine import GANEngine
from gan_core.training.kernels import Kernels, NumpyKernels, TorchKernels
from oracle import Network, Oracle, TorchAdam, network_from
from sizes import resized

ROOT = Path(__file__).parents[3]
STEPS = 20
# From the same weights and batches, float32 against float64: absolute, on every single weight and on both losses, after
# each of the steps. A single step moves a weight by up to 1e-3; the other placement of epsilon in Adam is off by more
# than 1e-4 (see test_the_other_placement_of_epsilon_would_be_noticed).
TOLERANCE = 1e-5

FIRST = HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9)
SECOND = HyperParameters(lr_g=2e-4, lr_d=5e-4, beta1_g=0.5, beta1_d=0.3)


def engine_for(preset: Preset, seed: int = 0, **options: object) -> GANEngine:
    return GANEngine(preset, seed, **{"device": "cpu", "precision": "float32", "threads": 1, **options})


def networks_of(engine: GANEngine) -> tuple[Network, Network]:
    return tuple(
        network_from(p.detach().cpu().numpy() for p in network.parameters())
        for network in (engine.generator, engine.discriminator)
    )


def farthest(engine: GANEngine, oracle: Oracle) -> float:
    """Return the largest absolute difference of any weight or bias of either network."""
    return max(
        float(np.abs(mine - theirs).max())
        for mine_network, their_network in zip(networks_of(engine), (oracle.g, oracle.d), strict=True)
        for mine_layer, their_layer in zip(mine_network, their_network, strict=True)
        for mine, theirs in zip(mine_layer, their_layer, strict=True)
    )


def record_sides(monkeypatch: pytest.MonkeyPatch) -> list[list[np.ndarray]]:
    """Note from now on, pass by pass, which slope each hidden unit takes: one list a forward pass, in order.

    The caller clears the list after each step.
    """
    passes: list[list[np.ndarray]] = []
    for kind in (TorchKernels, NumpyKernels):

        def noted(self: Kernels, x: Any, *arguments: Any, dense_leaky: Any = kind.dense_leaky) -> Any:
            if x.shape[1] == 2:  # the first layer
                passes.append([])
            h = dense_leaky(self, x, *arguments)
            passes[-1].append((torch.as_tensor(h) > 0).cpu().numpy())
            return h

        monkeypatch.setattr(kind, "dense_leaky", noted)
    return passes


def as_the_oracle_goes(passes: list[list[np.ndarray]], half: int) -> list[list[np.ndarray]]:
    """The engine leads both of G's batches through it in one pass; the oracle, as the recipe says, in two."""
    of_g, of_d, of_d_on_g = passes
    return [[sides[:half] for sides in of_g], of_d, [sides[half:] for sides in of_g], of_d_on_g]


def batches(half: int, seed: int) -> list[np.ndarray]:
    """Real points, z for D and z for G, float32, from the article's formulas."""
    random = np.random.default_rng(seed)
    u, v = random.uniform(-1, 1, (2, half))
    r, theta = 0.05 + 0.45 * (u + 1) + 0.05 * v, 3 * np.pi * u
    real = np.stack((r * np.cos(theta), r * np.sin(theta)), axis=1)
    return [
        x.astype(np.float32) for x in (real, random.uniform(-1, 1, (half, 2)), random.uniform(-1, 1, (2 * half, 2)))
    ]


def deviations(
    engine: GANEngine, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, steps: int = STEPS
) -> tuple[float, float]:
    """Run both side by side; return the largest deviation of a weight and of a loss over all steps.

    Learning rate and beta1 of both networks change after half of the steps. Accuracies are held on the way.
    """
    of_weights = of_losses = 0.0
    sides = record_sides(monkeypatch)
    half = engine.config.batch // 2
    for step in range(1, steps + 1):
        values = FIRST if step <= steps // 2 else SECOND
        engine.set(**vars(values))
        arrays = batches(half, seed=step)
        tensors = [torch.from_numpy(x).to(engine.compute.device) for x in arrays]
        got = engine.update(*tensors)
        expected = oracle.update(
            *(x.astype(np.float64) for x in arrays), **vars(values), sides=as_the_oracle_goes(sides, half)
        )
        sides.clear()
        of_weights = max(of_weights, farthest(engine, oracle))
        of_losses = max(of_losses, abs(got.d_loss - expected.d_loss), abs(got.g_loss - expected.g_loss))
        assert got.step == step
        assert got.d_accuracy == pytest.approx(expected.d_accuracy, abs=1e-6 + expected.d_slack)
        assert got.g_accuracy == pytest.approx(expected.g_accuracy, abs=1e-6 + expected.g_slack)
    return of_weights, of_losses


# -- the recipe --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "config",
    [GANConfig(), sized(width=16, depth=2, batch=32), sized(width=24, depth=1, batch=64)],
    ids=["article", "tiny", "one-hidden-layer"],
)
@pytest.mark.slow
def test_update_follows_the_recipe(
    tiny: Preset, config: GANConfig, monkeypatch: pytest.MonkeyPatch, record_property: pytest.RecordProperty
) -> None:
    engine = engine_for(replace(tiny, config=config))
    of_weights, of_losses = deviations(engine, Oracle(*networks_of(engine)), monkeypatch)
    record_property("largest_deviation", (of_weights, of_losses))
    assert of_weights < TOLERANCE
    assert of_losses < TOLERANCE


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_update_follows_the_recipe_on_cuda(tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_for(replace(tiny, config=GANConfig()), device="cuda")
    of_weights, of_losses = deviations(engine, Oracle(*networks_of(engine)), monkeypatch)
    assert of_weights < TOLERANCE
    assert of_losses < TOLERANCE


def test_the_other_placement_of_epsilon_would_be_noticed(tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_for(replace(tiny, config=sized(width=128, depth=3, batch=64)))
    start = networks_of(engine)
    of_weights, _ = deviations(engine, Oracle(*start, adam=TorchAdam), monkeypatch, steps=4)
    assert of_weights > 10 * TOLERANCE


def test_adam_keeps_its_moments_when_a_value_changes(tiny: Preset) -> None:
    """With lr_g at its least the generator hardly moves, yet its momentum goes on from the full history."""
    engine, still = engine_for(tiny), engine_for(tiny)
    oracle = Oracle(*networks_of(engine))
    for step in range(1, 11):
        values = replace(FIRST, lr_g=1e-6) if step < 10 else FIRST
        arrays = batches(16, seed=step)
        for each in (engine, still):
            each.set(**vars(values))
        if step == 10:  # a fresh optimiser at this point must show
            state = still.state()
            state["adam_g"] = {
                "m": torch.zeros_like(state["adam_g"]["m"]),
                **{k: state["adam_g"][k] for k in ("v", "updates")},
            }
            still.restore(state)
        for each in (engine, still):
            each.update(*(torch.from_numpy(x) for x in arrays))
        oracle.update(*(x.astype(np.float64) for x in arrays), **vars(values))
    assert farthest(engine, oracle) < TOLERANCE
    assert farthest(still, oracle) > 10 * TOLERANCE


def test_accuracy_of_a_tie(tiny: Preset) -> None:
    """A D of zeros says exactly 0.5 everywhere: all real points wrong, all fakes right, G fools nobody, losses ln 2.

    Its own gradient is zero by symmetry, so it stays so for the generator's half of the step.
    """
    engine = engine_for(tiny)
    engine.discriminator.parameters_flat.zero_()
    metrics = engine.step()
    assert metrics.d_accuracy == 0.5
    assert metrics.g_accuracy == 0.0
    assert metrics.d_loss == pytest.approx(math.log(2), abs=1e-6)
    assert metrics.g_loss == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize(("bias", "g_accuracy"), [(3.0, 1.0), (-3.0, 0.0)])
def test_accuracy_of_a_sure_discriminator(tiny: Preset, bias: float, g_accuracy: float) -> None:
    """D answers the same logit b everywhere: D loss (softplus(-b) + softplus(b))/2; half of the batch is right."""
    engine = engine_for(tiny)
    engine.set(lr_d=1e-6)
    engine.discriminator.parameters_flat.zero_()
    engine.discriminator.parameters_flat[-1] = bias
    metrics = engine.step()
    assert metrics.d_accuracy == 0.5
    assert metrics.g_accuracy == g_accuracy
    assert metrics.d_loss == pytest.approx((math.log1p(math.exp(-bias)) + math.log1p(math.exp(bias))) / 2, abs=1e-5)
    assert metrics.g_loss == pytest.approx(math.log1p(math.exp(-bias)), abs=1e-5)


def test_bfloat16_products_stay_near_float32(tiny: Preset) -> None:
    """bfloat16 keeps 8 bits, so one product is off by up to 2^-8; weights and moments stay in float32."""
    engine, exact = engine_for(tiny, precision="bfloat16"), engine_for(tiny)
    for _ in range(5):
        got, expected = engine.step(), exact.step()
        assert got.d_loss == pytest.approx(expected.d_loss, abs=0.02)
        assert got.g_loss == pytest.approx(expected.g_loss, abs=0.02)
    assert engine.compute.precision == "bfloat16"
    assert digest(engine.state()) != digest(exact.state())  # it was in force
    assert engine.state()["generator"].dtype == torch.float32


# -- seeds and streams -------------------------------------------------------------------------------------------------


def run(engine: GANEngine, steps: int) -> list[StepMetrics]:
    return [engine.step() for _ in range(steps)]


def test_a_seed_fixes_the_run(tiny: Preset) -> None:
    one, same, other = engine_for(tiny, 7), engine_for(tiny, 7), engine_for(tiny, 8)
    torch.manual_seed(1)  # the global stream plays no part
    assert run(one, 30) == run(same, 30)
    assert digest(one.state()) == digest(same.state())
    assert run(other, 30) != run(engine_for(tiny, 7), 30)


def test_training_leaves_the_global_random_stream_alone(tiny: Preset) -> None:
    engine = engine_for(tiny)
    before = torch.get_rng_state()
    run(engine, 3)
    assert torch.equal(torch.get_rng_state(), before)


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def drawn_by(engine: GANEngine, steps: int) -> list[Batch]:
    """Real points, z for D and z for G of so many steps to come."""
    half = engine.config.batch // 2
    found: list[Batch] = []
    for _ in range(steps):
        real, z = (torch.as_tensor(x).clone() for x in engine._batches.next())
        found.append((real, z[:half], z[half:]))
    return found


def greedy_one(target: Target) -> Target:
    """Takes more from its stream than it hands out."""
    return replace(target, sample=lambda n, generator: target.sample(3 * n, generator)[:n])


def same(a: list[Batch], b: list[Batch], part: int) -> list[bool]:
    return [torch.equal(x[part], y[part]) for x, y in zip(a, b, strict=True)]


def test_shapes_and_ranges_of_the_batches(tiny: Preset) -> None:
    drawn = drawn_by(engine_for(tiny), 2)
    for real, z_d, z_g in drawn:
        assert (real.shape, z_d.shape, z_g.shape) == ((16, 2), (16, 2), (32, 2))
        assert max(x.abs().max() for x in (real, z_d, z_g)) <= 1
    (_, z_d, z_g), (_, again, _) = drawn
    assert not torch.equal(z_d, z_g[:16])  # G trains on fresh z
    assert not torch.equal(z_d, again)


def test_a_step_trains_on_the_batch_that_was_drawn(tiny: Preset) -> None:
    """`step` is `update` on what the streams give, also over the end of a block."""
    drawing, stepping, updating = (engine_for(tiny, 5) for _ in range(3))
    for batch in drawn_by(drawing, BLOCK + 3):
        assert stepping.step() == updating.update(*batch)


def test_drawing_more_real_data_shifts_no_latent(tiny: Preset) -> None:
    plain, greedy = engine_for(tiny, 3), engine_for(tiny, 3)
    greedy._batches.target = greedy_one(plain.target)
    a, b = drawn_by(plain, BLOCK + 2), drawn_by(greedy, BLOCK + 2)
    assert same(a, b, 0) == [True] * BLOCK + [False] * 2
    assert all(same(a, b, 1) + same(a, b, 2))


def test_drawing_more_weights_shifts_no_batch(tiny: Preset) -> None:
    small, large = engine_for(tiny, 3), engine_for(replace(tiny, config=resized(tiny.config, 40)), 3)
    a, b = drawn_by(small, 3), drawn_by(large, 3)
    for part in range(3):
        assert all(same(a, b, part))


def test_real_data_and_latents_are_not_the_same_numbers(tiny: Preset) -> None:
    """A shared stream would hand D its real coordinates as latents."""
    engine = engine_for(tiny, 0)
    real, z_d, _ = drawn_by(engine, 1)[0]
    assert engine.target.inverse is not None
    assert (engine.target.inverse(real) - z_d).abs().max() > 0.1


# -- state out and in --------------------------------------------------------------------------------------------------

CONTINUE = """
import json, sys
import torch
from digest import digest
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.training.engine import GANEngine
from gan_core.setup.presets import Preset

path, threads = sys.argv[1], int(sys.argv[2])
preset = Preset("tiny", GANConfig(**json.loads(sys.argv[3])), HyperParameters())
engine = GANEngine(preset, 999, device="cpu", precision=sys.argv[4], threads=threads)
engine.restore(torch.load(path, weights_only=True))
losses = [engine.step().d_loss for _ in range(150)]
print(json.dumps([digest(engine.state()), losses]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_run_goes_on_in_a_new_process(tiny: Preset, tmp_path: Path, precision: str) -> None:
    """300 steps in one go, and 150 + 150 over a file and a process: the same weights, moments, streams and losses."""
    engine = engine_for(tiny, 11, precision=precision)
    run(engine, 100)
    engine.set(lr_g=5e-4, beta1_d=0.0)
    run(engine, 50)
    torch.save(engine.state(), tmp_path / "state.pt")
    losses = [m.d_loss for m in run(engine, 150)]

    config = json.dumps(vars(tiny.config))
    answer = subprocess.run(
        [sys.executable, "-c", CONTINUE, tmp_path / "state.pt", str(engine.compute.threads), config, precision],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'helpers'}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == [digest(engine.state()), losses]


def test_state_is_a_copy(tiny: Preset) -> None:
    engine = engine_for(tiny)
    run(engine, 3)
    state = engine.state()
    before = digest(state)
    after_six = (run(engine, 3), digest(engine.state()))
    assert digest(state) == before
    engine.restore(state)
    assert (run(engine, 3), digest(engine.state())) == after_six
    assert digest(state) == before


@pytest.mark.parametrize("number", [np.float64(2e-4), 1e-3], ids=["numpy", "python"])
def test_state_can_be_stored_whatever_numbers_were_set(tiny: Preset, tmp_path: Path, number: float) -> None:
    engine = engine_for(tiny)
    engine.set(lr_g=number, beta1_g=0)
    torch.save(engine.state(), tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt", weights_only=True)
    assert loaded["values"] == vars(tiny.values) | {"lr_g": float(number), "beta1_g": 0.0}


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_state_of_another_preset_is_refused(tiny: Preset, name: str) -> None:
    engine = engine_for(tiny)
    run(engine, 2)
    before = digest(engine.state())
    other = engine_for(replace(tiny, config=resized(tiny.config, 8))).state()
    wrong = {**engine_for(tiny, 5).state(), name: other[name]}
    with pytest.raises(ValueError, match=name):
        engine.restore(wrong)
    assert digest(engine.state()) == before


@pytest.mark.parametrize("shape", [(1,), (7,)], ids=["would-broadcast", "would-not"])
@pytest.mark.parametrize("moment", ["m", "v"])
def test_state_with_wrong_moments_is_refused(tiny: Preset, moment: str, shape: tuple[int]) -> None:
    engine = engine_for(tiny)
    run(engine, 2)
    before = digest(engine.state())
    wrong = engine_for(tiny, 5).state()
    wrong["adam_d"][moment] = torch.zeros(shape)
    with pytest.raises(ValueError, match="discriminator"):
        engine.restore(wrong)
    assert digest(engine.state()) == before


def test_looking_at_every_step_changes_no_bit(tiny: Preset) -> None:
    plain, watched = engine_for(tiny), engine_for(tiny)
    probe = Probe(watched.config, watched.compute.device)
    for step in range(1, 41):
        expected, got = plain.step(), watched.step()
        probe.look(watched.generator, watched.discriminator, Moment(1, step, 0.0), resolution=20, points=50)
        probe.fakes(watched.generator, watched.steps)
        assert got == expected
    assert digest(watched.state()) == digest(plain.state())


# -- live values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(BOUNDS))
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 1001.5, "0.1", None, True])
def test_set_refuses_what_is_out_of_range(tiny: Preset, name: str, value: object) -> None:
    engine = engine_for(tiny)
    before = vars(engine.values).copy()
    other = next(n for n in BOUNDS if n != name)
    with pytest.raises(ValueError, match=name):
        engine.set(**{other: 0.05, name: value})
    assert vars(engine.values) == before


def test_set_refuses_an_unknown_name(tiny: Preset) -> None:
    engine = engine_for(tiny)
    before = vars(engine.values).copy()
    with pytest.raises(ValueError, match="momentum"):
        engine.set(lr_g=0.05, momentum=0.9)
    assert vars(engine.values) == before


def test_set_takes_both_ends_of_every_range(tiny: Preset) -> None:
    engine = engine_for(tiny)
    for name, bounds in BOUNDS.items():
        for value in (bounds.low, bounds.high):
            engine.set(**{name: value})
            assert getattr(engine.values, name) == value
            assert all(math.isfinite(x) for x in vars_of(engine.step()))


def vars_of(metrics: StepMetrics) -> tuple[float, ...]:
    return (metrics.d_loss, metrics.d_accuracy, metrics.g_loss, metrics.g_accuracy)


def test_the_public_way_in() -> None:
    """As the interface promises it to notebooks."""
    engine = GANEngine(PRESETS["quick"], seed=0)
    z, x = torch.zeros(5, 2), torch.ones(3, 2)
    device = engine.compute.device
    assert engine.generator(z.to(device)).shape == (5, 2)
    assert engine.discriminator(x.to(device)).shape == (3, 1)
    assert isinstance(engine.generator, torch.nn.Module)
    metrics = engine.step()
    assert metrics.step == engine.steps == 1
