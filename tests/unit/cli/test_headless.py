from __future__ import annotations

import csv
import json
import resource
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist, pdist

from gan_core.__main__ import main
from gan_core.cli import outputs
from gan_core.cli import train as headless
from gan_core.cli.options import MANY_STEPS, Setting, TrainOptions
from gan_core.looking.measures.quality import coverage, on_band, saturated, sliced_wasserstein, spread
from gan_core.looking.probe import POINTS, Probe
from gan_core.recording.keeping import Opened
from gan_core.records.readings import READINGS
from gan_core.records.steps import StepMetrics
from gan_core.run.run import begin
from gan_core.setup.presets import PRESETS, Preset
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine

HEADER = ["step", "d_loss", "d_accuracy", "g_loss", "g_accuracy"]


def options(out: Path, steps: int = 12, *settings: Setting) -> TrainOptions:
    return TrainOptions(preset="quick", out=out, steps=steps, seed=3, settings=settings)


def run_of(kind: type[GANEngine], preset: Preset, seed: int) -> Opened:
    return Opened(begin(replace(preset, name="quick"), seed, make_engine=kind))


def rows(out: Path) -> list[StepMetrics]:
    with (out / "metrics.csv").open(newline="") as file:
        header, *body = csv.reader(file)
    assert header == HEADER
    return [StepMetrics(int(step), *(float(x) for x in numbers)) for step, *numbers in body]


def samples_of(engine: GANEngine) -> np.ndarray:
    return Probe(engine.config, engine.compute.device).fakes(engine.generator, engine.steps).cpu().numpy()


def stepped(engine: GANEngine, steps: int) -> list[StepMetrics]:
    return [engine.step() for _ in range(steps)]


def summary(out: Path) -> dict[str, Any]:
    """What summary.json holds; JSON knows no NaN, though Python's reader would take it."""

    def no_number(text: str) -> NoReturn:
        raise AssertionError(text)

    found: dict[str, Any] = json.loads((out / "summary.json").read_text(), parse_constant=no_number)
    return found


class Interrupted(GANEngine):
    """Ctrl-C is pressed while step 5 is trained, `presses` times."""

    presses = 1

    def step(self) -> StepMetrics:
        metrics = super().step()
        for _ in range(self.presses if metrics.step == 5 else 0):
            signal.raise_signal(signal.SIGINT)
        return metrics


class Exploding(GANEngine):
    """The discriminator's loss is not a number at step 5."""

    def step(self) -> StepMetrics:
        m = super().step()
        return StepMetrics(m.step, float("nan"), m.d_accuracy, m.g_loss, m.g_accuracy) if m.step == 5 else m


def test_files_hold_what_the_engine_gives(tmp_path: Path, tiny: Preset, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "b"
    assert headless.run(run_of(GANEngine, tiny, 3), options(out)) == 0

    engine = GANEngine(tiny, seed=3)
    assert rows(out) == stepped(engine, 12)  # dataclass equality of floats: bit for bit
    samples = np.load(out / "samples.npy")
    assert samples.shape == (POINTS, 2)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, samples_of(engine))
    assert sorted(path.name for path in out.iterdir()) == ["metrics.csv", "samples.npy", "summary.json"]

    text, errors = capsys.readouterr()
    assert errors == ""  # no progress bar where nobody can see it move
    assert text.count("\n") == 1
    fakes = torch.from_numpy(samples)
    assert f"coverage {coverage(fakes, engine.target):.2f}" in text
    assert f"share on the data {on_band(fakes, engine.target):.3f}" in text
    assert str(out / "metrics.csv") in text
    assert str(out / "samples.npy") in text
    assert str(out / "summary.json") in text


def test_a_setting_is_in_force_from_its_step_on(tmp_path: Path, tiny: Preset) -> None:
    settings = (
        Setting(7, "lr_g", 0.01),
        Setting(1, "beta1_d", 0.0),
        Setting(7, "lr_g", 0.02),
        Setting(12, "lr_d", 0.1),
    )
    headless.run(run_of(GANEngine, tiny, 3), options(tmp_path, 12, *settings))

    engine = GANEngine(tiny, seed=3)
    engine.set(beta1_d=0.0)
    expected = stepped(engine, 6)
    engine.set(lr_g=0.02)  # of two for one step, the later on the command line
    expected += stepped(engine, 5)
    engine.set(lr_d=0.1)
    expected += stepped(engine, 1)
    assert rows(tmp_path) == expected
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), samples_of(engine))


def test_the_summary_says_what_the_samples_say(tmp_path: Path, tiny: Preset) -> None:
    headless.run(run_of(GANEngine, tiny, 3), options(tmp_path, 60, Setting(31, "lr_g", 0.01)))
    found, samples = summary(tmp_path), np.load(tmp_path / "samples.npy")
    fakes, engine = torch.from_numpy(samples), GANEngine(tiny, seed=3)
    reals = Probe(engine.config, engine.compute.device).reals
    assert set(found["readings"]) == {*READINGS, "nearest_neighbour_accuracy"}
    for name, value in (
        ("coverage", coverage(fakes, engine.target)),
        ("on_band", on_band(fakes, engine.target)),
        ("distance", sliced_wasserstein(fakes, reals)),
        ("spread", spread(fakes)),
        ("saturated", saturated(fakes)),
    ):
        assert found["readings"][name] == pytest.approx(value, rel=1e-6), name
    # Its neighbours in the first and the last thousand, by SciPy's trees.
    fake, real = samples[:1000].astype(float), reals[-1000:].numpy().astype(float)
    tree, others = cKDTree(real), cKDTree(fake)
    ball, reach = (of.query(points, k=6)[0][:, 5] for of, points in ((tree, real), (others, fake)))
    distance = np.linalg.norm(fake[:, None] - real, axis=2)
    own = np.concatenate([of.query(points, k=2)[0][:, 1] for of, points in ((others, fake), (tree, real))])
    other = np.concatenate((distance.min(1), distance.min(0)))
    for name, value in (
        ("precision", (distance <= ball).any(1).mean()),
        ("recall", (distance <= reach[:, None]).any(0).mean()),
        ("density", (distance <= ball).sum() / 5000),
        ("neighbour_coverage", (distance <= ball).any(0).mean()),
        ("energy", 2 * distance.mean() - sum(pdist(points).mean() for points in (fake, real))),
        ("nearest_neighbour_accuracy", (own < other).mean()),
    ):
        assert found["readings"][name] == pytest.approx(value, abs=2e-3), name
        assert name in found["floors"]
    cost = cdist(samples[:500].astype(float), reals[-500:].numpy().astype(float), "sqeuclidean")
    least = cost[linear_sum_assignment(cost)].mean()
    assert found["readings"]["w2"] == pytest.approx(np.sqrt(least), rel=1e-6)
    assert found["floors"]["w2"] == found["readings"]["w2_of_data"] == pytest.approx(0.09, abs=0.02)
    assert found["readings"]["fit_error"] is None  # of task "fit" alone
    assert found["floors"]["coverage"] == 1
    assert 0 < found["floors"]["distance"] < 0.02
    assert (found["preset"], found["seed"], found["steps"]) == ("quick", 3, 60)
    assert (found["task"], found["precision"]) == ("gan", engine.compute.precision)
    assert found["claim"] == PRESETS["quick"].claim
    assert [(event["step"], event["kind"]) for event in found["events"] if event["kind"] == "change"] == [
        (31, "change")
    ]


def test_of_a_mixture_the_summary_counts_modes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the samples that are kept, each held against the eight published centres, 1 of the ring's units being 0.8."""
    argv = ["train", "quick", "--steps", "40", "--config", "target=ring", "--seed", "2"]
    assert main([*argv, "--out", str(tmp_path)], {}) == 0
    found, fakes = summary(tmp_path), np.load(tmp_path / "samples.npy").astype(float)
    angle = 2 * np.pi * np.arange(8) / 8
    distance = np.linalg.norm(fakes[:, None] - 0.8 * np.stack((np.cos(angle), np.sin(angle)), 1), axis=2)
    good = distance.min(1) < 3 * 0.008
    shares = np.bincount(distance.argmin(1), minlength=8) / len(fakes)
    readings, some = found["readings"], shares > 0
    modes = len(set(distance.argmin(1)[good]))
    assert (readings["modes"], readings["high_quality"]) == (modes, good.mean())
    assert readings["reverse_kl"] == pytest.approx((shares[some] * np.log(8 * shares[some])).sum(), abs=1e-12)
    assert (readings["reverse_kl_high_quality"] is None) == (not good.any())
    held = np.bincount(distance.argmin(1)[good], minlength=8)
    assert readings["coverage"] == (held >= len(fakes) / 8 / 10).mean()  # a tenth of what is due to a mode
    assert readings["on_band"] == pytest.approx(readings["high_quality"])
    assert found["floors"]["modes"] == 8
    assert f"{modes} of 8 modes found, {good.mean():.3f} of high quality" in capsys.readouterr().out


def test_the_summary_names_the_state_and_since_when(tmp_path: Path) -> None:
    """With neither --steps nor --seed: those that the scenario is shown with."""
    assert main(["train", "zoo-collapse", "--out", str(tmp_path)], {}) == 0
    found, preset = summary(tmp_path), PRESETS["zoo-collapse"]
    assert (found["seed"], found["steps"]) == (preset.seed, preset.length)
    assert found["diagnosis"]["state"] == "collapsed"
    assert found["diagnosis"]["sentence"] == say("state.collapsed.sentence")
    assert 0 < found["diagnosis"]["since"] < preset.length
    last = [event for event in found["events"] if event["kind"] == "diagnosis"][-1]
    assert last == {"step": found["diagnosis"]["since"], "kind": "diagnosis", "words": say("state.collapsed.sentence")}


@pytest.mark.parametrize(
    ("argv", "steps", "seed"),
    [
        (["zoo-collapse"], 600, 5),
        (["zoo-collapse", "--seed", "0"], 600, 0),
        (["better"], MANY_STEPS, 0),  # meant for 60 000
        (["better", "--steps", "7"], 7, 0),
    ],
)
def test_how_long_and_from_which_seed(
    argv: list[str], steps: int, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainOptions] = []
    monkeypatch.setattr(headless, "make_run", lambda options: None)
    monkeypatch.setattr(headless, "run", lambda run, options: asked.append(options) or 0)
    assert main(["train", *argv, "--out", str(tmp_path)], {}) == 0
    assert (asked[0].steps, asked[0].seed) == (steps, seed)


def test_a_task_without_a_discriminator_leaves_its_numbers_out(tmp_path: Path) -> None:
    assert main(["train", "target", "--steps", "20", "--out", str(tmp_path)], {}) == 0
    found = summary(tmp_path)
    assert (found["task"], found["diagnosis"]["state"]) == ("none", "undecided")
    assert found["readings"]["d_loss"] is None
    assert found["readings"]["coverage"] is not None


def test_a_second_run_replaces_the_first(tmp_path: Path, tiny: Preset) -> None:
    headless.run(run_of(GANEngine, tiny, 4), options(tmp_path, 20))
    headless.run(run_of(GANEngine, tiny, 3), options(tmp_path, 2))
    engine = GANEngine(tiny, seed=3)
    assert rows(tmp_path) == stepped(engine, 2)
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), samples_of(engine))


@pytest.fixture
def _hears_ctrl_c() -> Iterator[None]:
    """A process started in the background ignores Ctrl-C; the tests may run in one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_ctrl_c_keeps_what_was_trained(tmp_path: Path, tiny: Preset, capsys: pytest.CaptureFixture[str]) -> None:
    assert headless.run(run_of(Interrupted, tiny, 3), options(tmp_path)) == 130
    engine = GANEngine(tiny, seed=3)
    assert rows(tmp_path) == stepped(engine, 5)
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), samples_of(engine))
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "after 5 steps" in errors
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_signal_is_taken_once_and_then_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with outputs.CtrlC(also=(signal.SIGTERM,)) as ctrl_c:
            assert not ctrl_c.pressed
            signal.raise_signal(signal.SIGTERM)
            assert ctrl_c.pressed
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL  # a second one ends it
        with outputs.CtrlC(also=(signal.SIGTERM,)):
            pass
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_hears_ctrl_c")
def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path, tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Interrupted, "presses", 2)
    with pytest.raises(KeyboardInterrupt):
        headless.run(run_of(Interrupted, tiny, 3), options(tmp_path))
    assert rows(tmp_path) == stepped(GANEngine(tiny, seed=3), 4)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_before_training_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: TrainOptions) -> Opened:
        raise KeyboardInterrupt

    monkeypatch.setattr(headless, "make_run", interrupted)
    assert main(["train", "quick", "--out", str(tmp_path)], {}) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_a_loss_that_is_not_finite_ends_the_run(
    tmp_path: Path, tiny: Preset, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "samples.npy").write_text("of an earlier run")
    assert headless.run(run_of(Exploding, tiny, 3), options(tmp_path)) == 1
    assert rows(tmp_path) == stepped(GANEngine(tiny, seed=3), 4)
    assert not (tmp_path / "samples.npy").exists()
    assert summary(tmp_path)["diagnosis"]["state"] == "diverged"
    assert summary(tmp_path)["events"][-1]["step"] == 5
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "step 5" in errors
    assert "nan" in errors


def test_a_file_that_takes_no_more_keeps_whole_rows(tmp_path: Path, tiny: Preset) -> None:
    path = tmp_path / "metrics.csv"
    engine = GANEngine(tiny, seed=3)
    metrics = stepped(engine, 20)
    written = 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with path.open("wb", buffering=0) as file:
            table = outputs.MetricsFile(file, np.empty((0, 4), np.float32))
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
            with pytest.raises(OSError, match="rows before are kept") as caught:  # noqa: PT012
                for written, row in enumerate(metrics):  # noqa: B007
                    table.append(row)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert rows(tmp_path) == metrics[:written]
    assert 0 < written < len(metrics)
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "metrics.csv").symlink_to("/dev/full")
    assert main(["train", "quick", "--steps", "2", "--out", str(tmp_path)], {}) == 1
    text, errors = capsys.readouterr()
    assert text == ""
    assert errors.count("\n") == 1
    assert "No space left" in errors
    assert str(tmp_path / "metrics.csv") in errors


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["train", "quick", "--out", str(tmp_path / "file" / "out")], {}) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert str(tmp_path / "file" / "out") in errors


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", "quick", "--out", str(tmp_path / "out")], {"GANSCOPE_DEVICE": "cuda"})
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "CUDA" in errors
    assert not (tmp_path / "out").exists()


def test_the_command_trains_the_preset(tmp_path: Path) -> None:
    argv = ["train", "quick", "--steps", "3", "--seed", "5", "--set", "lr_g=0.001@2", "--out", str(tmp_path)]
    assert main(argv, {"GANSCOPE_SEED": "6"}) == 0
    engine = GANEngine(PRESETS["quick"], seed=5)
    expected = stepped(engine, 1)
    engine.set(lr_g=0.001)
    assert rows(tmp_path) == expected + stepped(engine, 2)


def test_write_whole_leaves_no_part(tmp_path: Path) -> None:
    target = tmp_path / "target"
    outputs.write_whole(target, b"old")
    outputs.write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder") as caught:
        outputs.write_whole(tmp_path / "folder", b"x")
    assert caught.value.filename == str(tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "target"]


def test_numbers_of_a_network_that_is_not_trained_are_left_empty(tmp_path: Path, tiny: Preset) -> None:
    fit = replace(tiny, config=replace(tiny.config, task="fit"))
    assert headless.run(run_of(GANEngine, fit, 3), options(tmp_path, 5)) == 0
    with (tmp_path / "metrics.csv").open(newline="") as file:
        _, *body = csv.reader(file)
    expected = stepped(GANEngine(fit, seed=3), 5)
    assert body == [[str(m.step), "", "", repr(m.g_loss), repr(m.g_accuracy)] for m in expected]
