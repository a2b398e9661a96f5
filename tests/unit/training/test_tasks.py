"""Each task's step against the plain arithmetic in float64, and its runs on the disk: replayed, proved and taken in."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from test_engine import record_sides

from digest import digest
from gan_core.recording.file.checkpoint import pack_state, unpack_state
from gan_core.recording.file.intake import import_run
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change, StepMetrics
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import engine_at
from gan_core.setup.config import TASK_NAMES, GANConfig
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS
from gan_core.training.batches import BLOCK, Batches
from gan_core.training.cuda_graph import CapturedSteps
from gan_core.training.engine import GANEngine
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import make_discriminator, make_generator
from gan_core.training.optimisers import DeviceAdam
from gan_core.training.tasks import TASKS
from oracle import KerasAdam, Network, backward, forward, network_from, sigmoid
from recorded import engine_of, record
from task_presets import preset_for, spiral

EACH = pytest.mark.parametrize("task", TASK_NAMES)
SUPERVISED = pytest.mark.parametrize("task", ["fit", "noise", "blob"])
CPU = torch.device("cpu")
TOLERANCE = 1e-5  # of a weight and of a loss, float32 against float64; a step moves a weight by up to 1e-3


def of(network: torch.nn.Module) -> Network:
    return network_from(p.detach().numpy() for p in network.parameters())


def numbers(m: StepMetrics) -> tuple[float, ...]:
    return m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy


# -- the recipe of a step ----------------------------------------------------------------------------------------------


OPPONENTS = {"noise": lambda z: z, "blob": lambda z: 0.5 + 0.02 * z}


class Alone:
    """One network trained alone, in float64: the generator by mean squared error, or D by squared error of sigmoid."""

    def __init__(self, task: str, network: Network) -> None:
        self.task, self.network = task, network
        self.adam = KerasAdam(network)

    def update(self, real: np.ndarray, z: np.ndarray, lr: float, beta1: float, sides: list) -> tuple[float, float]:
        loss, accuracy, trace, up = (self.of_fit if self.task == "fit" else self.of_opponent)(real, z, sides)
        self.adam.step(backward(self.network, trace, up)[0], lr, beta1)
        return loss, accuracy

    def of_fit(self, real: np.ndarray, z: np.ndarray, sides: list) -> tuple:
        a, trace = forward(self.network, z, sides=sides)
        y = np.tanh(a)
        off = np.linalg.norm(y - real, axis=1)
        assert np.abs(off - 0.05).min() > 1e-6  # or rounding decides the accuracy
        return np.mean((y - real) ** 2), np.mean(off <= 0.05), trace, (y - real) / len(z) * (1 - y**2)

    def of_opponent(self, real: np.ndarray, z: np.ndarray, sides: list) -> tuple:
        x = np.concatenate((real, OPPONENTS[self.task](z)))
        label = np.repeat([[1.0], [0.0]], len(real), axis=0)
        a, trace = forward(self.network, x, sides=sides)
        s = sigmoid(a)
        up = 2 * (s - label) * s * (1 - s) / len(x)
        return np.mean((s - label) ** 2), np.mean((a > 0) == (label == 1)), trace, up


@SUPERVISED
@pytest.mark.parametrize("width", [16, 80])  # in NumPy, and in torch
def test_a_step_follows_the_recipe(task: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses, accuracies and every weight after each of 20 steps, with the values changed on the way."""
    engine = engine_of(preset_for(task, width=width))
    assert engine.compute.library == ("numpy" if width == 16 else "torch")
    trained, other = engine.generator, engine.discriminator
    if task != "fit":
        trained, other = other, trained
    alone, before = Alone(task, of(trained)), other.parameters_flat.clone()
    sides, random = record_sides(monkeypatch), np.random.default_rng(1)
    for step in range(1, 21):
        lr, beta1 = (1e-3, 0.9) if step <= 10 else (5e-4, 0.5)
        engine.set(lr_g=lr, lr_d=lr, beta1_g=beta1, beta1_d=beta1)
        z = random.uniform(-1, 1, (32 if task == "fit" else 16, 2)).astype(np.float32)
        real = (spiral(z) if task == "fit" else spiral(random.uniform(-1, 1, (16, 2)))).astype(np.float32)
        none = torch.empty(0, 2)
        latents = (none, torch.from_numpy(z)) if task == "fit" else (torch.from_numpy(z), none)
        got = engine.update(torch.from_numpy(real), *latents)
        loss, accuracy = alone.update(real.astype(float), z.astype(float), lr, beta1, sides[0])
        sides.clear()
        of_d, of_g = numbers(got)[:2], numbers(got)[2:]
        assert (of_g if task == "fit" else of_d) == pytest.approx((loss, accuracy), abs=TOLERANCE)
        assert all(math.isnan(x) for x in (of_d if task == "fit" else of_g))
        for mine, theirs in zip(of(trained), alone.network, strict=True):
            for a, b in zip(mine, theirs, strict=True):
                assert np.abs(a - b).max() < TOLERANCE
    assert torch.equal(other.parameters_flat, before)


def test_nothing_is_trained_and_steps_count() -> None:
    engine = engine_of(preset_for("none"))
    before = engine.state()
    done = engine.advance(BLOCK + 3)
    assert [m.step for m in done] == list(range(1, BLOCK + 4))
    assert all(math.isnan(x) for m in done for x in numbers(m))
    assert all(m.is_finite() for m in done)
    after = engine.state()
    for part in ("generator", "discriminator", "adam_g", "adam_d"):
        assert digest({part: after[part]}) == digest({part: before[part]})


def test_accuracy_of_the_fit_is_the_share_that_is_near() -> None:
    """A generator of zeros sends all to the origin: right are goals within 0.05; the loss is their mean square."""
    engine = engine_of(preset_for("fit"))
    engine.generator.parameters_flat.zero_()
    goals = torch.zeros(32, 2)
    goals[:, 0] = torch.tensor([0.0, 0.03, 0.049, 0.051] * 8)
    goals[:, 1] = torch.tensor([0.0, 0.03, 0.0, 0.0] * 8)  # 0.03 along both axes is 0.042 away
    m = engine.update(goals, torch.empty(0, 2), torch.rand(32, 2))
    assert m.g_accuracy == 0.75
    assert m.g_loss == pytest.approx(float(goals.double().square().mean()), rel=1e-6)


@pytest.mark.parametrize(("objective", "loss"), [("squared-error", 0.25), ("non-saturating", math.log(2))])
def test_a_discriminator_of_zeros(objective: str, loss: float) -> None:
    """It says 0.5 everywhere: all real points wrong, all others right."""
    preset = preset_for("noise")
    engine = engine_of(replace(preset, config=replace(preset.config, objective=objective)))
    engine.discriminator.parameters_flat.zero_()
    assert numbers(engine.step())[:2] == pytest.approx((loss, 0.5))


# -- batches -----------------------------------------------------------------------------------------------------------


@EACH
def test_what_a_step_is_given(task: str) -> None:
    engine = engine_of(preset_for(task))
    for _ in range(BLOCK + 2):
        real, z = (torch.as_tensor(x) for x in engine._batches.next())
        wanted = {"gan": (16, 48), "fit": (32, 32), "noise": (16, 16), "blob": (16, 16), "none": (0, 0)}[task]
        assert (real.shape, z.shape) == ((wanted[0], 2), (wanted[1], 2))
        if task == "fit":
            np.testing.assert_allclose(real, spiral(z.double().numpy()), atol=1e-6)
        elif task in OPPONENTS:
            uv = engine.target.inverse(real.double())  # type: ignore[misc]
            assert uv[:, 1].abs().max() < 1 + 1e-4
            assert (uv - z).abs().max() > 0.1  # two streams


@EACH
def test_steps_in_one_go_are_those_one_by_one(task: str) -> None:
    together, single = (engine_of(preset_for(task)) for _ in range(2))
    a = together.advance(BLOCK + 7)
    b = [single.step() for _ in range(BLOCK + 7)]
    np.testing.assert_array_equal([numbers(m) for m in a], [numbers(m) for m in b])
    assert digest(together.state()) == digest(single.state())


@SUPERVISED
def test_the_same_training_where_everything_lies_on_a_device(task: str) -> None:
    """The step as a CUDA graph holds it, here without one, against the ordinary way on the same weights and batches."""
    preset = preset_for(task)
    config, kernels = preset.config, TorchKernels(CPU, torch.float32)
    engine = engine_of(preset)
    weights, *streams = (torch.Generator().manual_seed(i) for i in range(3))
    networks = make_generator(config, weights), make_discriminator(config, weights)
    for mine, theirs in zip((engine.generator, engine.discriminator), networks, strict=True):
        mine.parameters_flat.copy_(theirs.parameters_flat)
    adam_g, adam_d = (DeviceAdam(network, 0.999, 1e-7) for network in networks)
    step = TASKS[task].make_step(config, networks, (adam_g, adam_d), kernels)
    rows = TASKS[task].rows(config)
    batches = Batches(
        TARGETS["spiral"], LATENTS["uniform"], rows, (streams[0], streams[1]), kernels, paired=TASKS[task].paired
    )
    on_device = CapturedSteps(step, batches, CPU)
    on_device.set(preset.values)
    batches.left()
    for i, got in enumerate(on_device.run(20)):
        real, z, none = batches.real[i], batches.latents[i], torch.empty(0, 2)
        expected = engine.update(real, *((none, z) if task == "fit" else (z, none)))
        assert got == pytest.approx(numbers(expected), abs=1e-5, nan_ok=True)


# -- values and numbers that are not there -----------------------------------------------------------------------------


@SUPERVISED
def test_values_of_the_other_network_change_nothing(task: str) -> None:
    plain, changed = engine_of(preset_for(task)), engine_of(preset_for(task))
    changed.set(**{"lr_d": 0.05, "beta1_d": 0.1} if task == "fit" else {"lr_g": 0.05, "beta1_g": 0.1})
    np.testing.assert_array_equal([numbers(m) for m in plain.advance(5)], [numbers(m) for m in changed.advance(5)])
    assert digest({**plain.state(), "values": {}}) == digest({**changed.state(), "values": {}})


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("given", "trouble"),
    [
        ((0.5, 0.5, 0.5, 0.5), {}),
        ((NAN, NAN, 0.5, 0.5), {}),
        ((0.5, 0.5, NAN, NAN), {}),
        ((NAN, NAN, NAN, NAN), {}),
        ((NAN, 0.5, 0.5, 0.5), {"discriminator": "nan"}),
        ((INF, 0.5, NAN, NAN), {"discriminator": "inf"}),
        ((NAN, NAN, INF, 0.0), {"generator": "inf"}),
        ((NAN, 0.5, NAN, 0.0), {"discriminator": "nan", "generator": "nan"}),
    ],
)
def test_only_a_network_that_is_trained_can_have_diverged(given: tuple[float, ...], trouble: dict[str, str]) -> None:
    metrics = StepMetrics(1, *given)
    assert metrics.trouble() == trouble
    assert metrics.is_finite() is (not trouble)


@SUPERVISED
def test_training_ends_where_the_loss_is_no_number(task: str) -> None:
    engine = engine_of(preset_for(task))
    (engine.generator if task == "fit" else engine.discriminator).parameters_flat.fill_(NAN)
    (last,) = engine.advance(10)
    assert not last.is_finite()
    assert last.trouble() == {"generator" if task == "fit" else "discriminator": "nan"}


def test_a_task_that_there_is_not() -> None:
    with pytest.raises(ValueError, match=r"^There is no task 'dream'; there are gan, fit, noise, blob, none\.$"):
        GANConfig(task="dream")


# -- on the disk -------------------------------------------------------------------------------------------------------

CHANGES = (Change(11, "lr_d", 1e-3, 5e-3), Change(11, "lr_g", 1e-3, 4e-3), Change(30, "beta1_g", 0.9, 0.4))


@EACH
def test_a_checkpoint_is_the_whole_state(task: str) -> None:
    preset = preset_for(task)
    engine, again = engine_of(preset), GANEngine(preset, 99, device="cpu", precision="float32", threads=1)
    engine.advance(BLOCK + 5)
    again.restore(unpack_state(pack_state(engine.state()), preset.config))
    np.testing.assert_array_equal(
        [numbers(m) for m in again.advance(BLOCK)], [numbers(m) for m in engine.advance(BLOCK)]
    )
    assert digest(again.state()) == digest(engine.state())


@EACH
def test_a_recorded_run_comes_out_again(task: str, tmp_path: Path) -> None:
    path = record(tmp_path / "run.sqlite", preset_for(task), 90, CHANGES, (20, 70))
    straight = engine_of(preset_for(task))
    straight.advance(10)
    straight.set(lr_d=5e-3, lr_g=4e-3)
    straight.advance(15)
    with closing(RunFile.open(path)) as file:
        verdict = verify(file)
        assert (verdict.mismatch, verdict.steps, verdict.rows, verdict.checkpoints) == ("", 90, 90, 4)
        assert digest(engine_at(file, 25).state()) == digest(straight.state())


@EACH
def test_somebody_elses_run_is_taken_in(task: str, tmp_path: Path) -> None:
    path = record(tmp_path / "run.sqlite", preset_for(task), 30, CHANGES)
    with closing(import_run(path, tmp_path / "mine.sqlite", "mine", 10**8)) as file:
        assert verify(file).proved


def metrics_of(path: Path, block: np.ndarray) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE metrics SET rows = ?", (block.astype("<f4").tobytes(),))
        db.commit()
    return path


@pytest.mark.parametrize(
    ("task", "row", "why"),
    [
        ("gan", (0.5, 0.5, NAN, NAN), "an accuracy is no share"),
        ("fit", (NAN, NAN, 0.5, NAN), "an accuracy is no share"),
        ("fit", (0.5, NAN, 0.5, 0.5), "losses of a discriminator that it does not train"),
        ("noise", (0.5, 0.5, NAN, 0.5), "losses of a generator that it does not train"),
        ("none", (NAN, NAN, NAN, 0.5), "losses of a generator that it does not train"),
    ],
)
def test_numbers_that_its_task_cannot_have_are_refused(
    task: str, row: tuple[float, ...], why: str, tmp_path: Path
) -> None:
    path = metrics_of(record(tmp_path / "run.sqlite", preset_for(task), 3), np.array([row] * 3))
    with pytest.raises(ValueError, match=why):
        import_run(path, tmp_path / "mine.sqlite", "mine", 10**8)


def without(path: Path, field: str) -> Path:
    """The same file as if it had been written before its configuration had this field."""
    with closing(sqlite3.connect(path)) as db:
        recipe = json.loads(db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()[0])
        del recipe["config"][field]
        db.execute("UPDATE about SET value = ? WHERE name = 'recipe'", (json.dumps(recipe),))
        db.commit()
    return path


def test_a_run_from_before_there_were_tasks_is_a_gan(tmp_path: Path) -> None:
    path = without(record(tmp_path / "run.sqlite", preset_for("gan"), 30, CHANGES), "task")
    with closing(RunFile.open(path)) as file:
        assert verify(file).proved
    with closing(import_run(path, tmp_path / "mine.sqlite", "mine", 10**8)) as file:
        assert file.recipe.config["task"] == "gan"
        assert verify(file).proved
    with pytest.raises(ValueError, match="it was recorded without 'batch', which every run has"):
        import_run(without(path, "batch"), tmp_path / "other.sqlite", "other", 10**8)
