from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torch

from gan_core import bench
from gan_core.bench import frames, report, training
from gan_core.bench.client import Client, running_server
from gan_core.bench.naive import NaiveGAN
from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import ARTICLE, SIZES, describe
from gan_core.bench.soak import memory_over_time, resident_megabytes
from gan_core.engine import GANEngine
from gan_core.networks import MLP
from gan_core.options import BenchOptions, SoakLength
from gan_core.presets import Preset
from gan_core.targets import spiral

ONCE = Plan(rounds=2, seconds=1e-6)


class Clock:
    """Moves only when something is done."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("cost", "seconds", "calls"), [(0.25, 1.0, 4), (0.25, 1.1, 5), (8.0, 1.0, 1), (8.0, 0.0, 1)])
def test_rate_counts_calls_a_second(cost: float, seconds: float, calls: int) -> None:
    clock = Clock()
    assert rate(lambda: clock.work(cost), seconds, clock) == 1 / cost
    assert clock.now == 100.0 + calls * cost


def test_rounds_take_turns_and_the_first_does_not_count() -> None:
    called: list[str] = []

    def slice_of(name: str) -> float:
        called.append(name)
        return float(len(called))

    found = interleave({name: (lambda name=name: slice_of(name)) for name in "abc"}, rounds=3)
    assert "".join(called) == "abccbaabccba"
    assert found == {"a": (6.0, 7.0, 12.0), "b": (5.0, 8.0, 11.0), "c": (4.0, 9.0, 10.0)}


def test_rows_and_ratios() -> None:
    assert ratios((4.0, 9.0, 1.0), (2.0, 3.0, 4.0)) == (2.0, 3.0, 0.25)
    assert Row("", "", "", (4.0, 9.0, 1.0, 2.0)).spread == (1.0, 3.0, 9.0)


def naive_of(preset: Preset) -> NaiveGAN:
    return NaiveGAN(preset.config.width, preset.config.depth, preset.config.batch, "cpu")


@pytest.mark.parametrize("preset", SIZES.values(), ids=list(SIZES))
def test_the_naive_loop_has_the_engines_networks(preset: Preset) -> None:
    naive, engine = naive_of(preset), GANEngine(preset, device="cpu")
    for theirs, ours in ((naive.G, engine.generator), (naive.D, engine.discriminator)):
        assert [p.shape for p in theirs.parameters()] == [p.shape for p in ours.parameters()]
        theirs.load_state_dict({name.removeprefix("layers."): value for name, value in ours.state_dict().items()})
        x = naive.square(50)
        torch.testing.assert_close(theirs(x), ours(x))


def test_the_naive_loop_trains_as_the_engine_does(tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    # One step from the same weights on the same numbers. Adam's epsilon stands in another place, so the second
    # decimal place of an update is enough to ask; everything before it must agree.
    engine = GANEngine(tiny, seed=1, device="cpu")
    engine.set(**vars(ARTICLE.values))
    naive = naive_of(tiny)
    copy_weights(engine.generator, naive.G)
    copy_weights(engine.discriminator, naive.D)
    random = torch.Generator().manual_seed(0)
    uv, z_d, z_g = (torch.rand((n, 2), generator=random) * 2 - 1 for n in (16, 16, 32))
    draws: Iterator[torch.Tensor] = iter((uv, z_d, z_g))
    monkeypatch.setattr(naive, "square", lambda n: next(draws))
    before = torch.nn.utils.parameters_to_vector(naive.G.parameters()).detach().clone()

    d_loss, d_accuracy, g_loss, _ = naive.step()
    metrics = engine.update(spiral(uv), z_d, z_g)

    assert (d_loss, d_accuracy) == pytest.approx((metrics.d_loss, metrics.d_accuracy), rel=1e-5)
    assert g_loss == pytest.approx(metrics.g_loss, rel=1e-3)
    moved = torch.nn.utils.parameters_to_vector(naive.G.parameters()).detach() - before
    ours = engine.generator.parameters_flat - before
    assert torch.nn.functional.cosine_similarity(moved, ours, dim=0) > 0.9


def copy_weights(ours: MLP, theirs: torch.nn.Module) -> None:
    torch.nn.utils.vector_to_parameters(ours.parameters_flat.clone(), theirs.parameters())


def test_training_speed_has_a_ratio_for_each_precision(tiny: Preset) -> None:
    rows = {row.name: row for row in training.compare(tiny, ONCE)}
    assert list(rows) == ["naive loop", "float32", "bfloat16", "float32 : naive loop", "bfloat16 : naive loop"]
    assert {row.group for row in rows.values()} == {f"Training, {describe(tiny)}"}
    for name in ("float32", "bfloat16"):
        assert rows[f"{name} : naive loop"].values == ratios(rows[name].values, rows["naive loop"].values)
    assert all(min(row.values) > 0 and len(row.values) == ONCE.rounds for row in rows.values())


def test_frame_costs_are_in_milliseconds_and_in_steps(tiny: Preset) -> None:
    rows = frames.costs(tiny, ONCE)
    milliseconds = {row.name: row.values for row in rows if row.unit == "ms"}
    steps = {row.name: row.values for row in rows if row.unit == "steps"}
    assert set(milliseconds) - set(steps) == {frames.STEP}
    assert {"frame 50 x 50", "frame 100 x 100", "frame 400 x 400", "encoding 100 x 100"} == set(steps)
    for name, values in steps.items():
        assert values == pytest.approx(ratios(milliseconds[name], milliseconds[frames.STEP]))


def test_a_client_is_served_and_memory_is_read() -> None:
    with running_server("tiny", "cpu", 1) as server, closing(Client(server.port)) as client:
        client.watch(lambda: client.frames >= 3)
        assert client.step() > 0
        assert resident_megabytes(server.pid) > 10
        client.rest()
        step = client.step()
        assert client.health()["phase"] == "paused"
        assert client.step() == step
        client.play()
        client.watch(lambda: client.step() > step)
    with pytest.raises(OSError, match=str(server.pid)):
        resident_megabytes(server.pid)


def test_a_soak_reports_two_readings() -> None:
    rows = memory_over_time(Plan(rounds=1, seconds=1.0, device="cpu", threads=1), SoakLength(seconds=1))
    warm, at_end, growth, _ = (row.values[0] for row in rows)
    assert growth == at_end - warm
    assert at_end > 10


def test_the_report_is_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Row("A group", "a name", "steps/s", (3.0, 1234.5, 0.25))
    monkeypatch.setattr(bench, "MEASUREMENTS", (lambda plan: [row],))
    out = tmp_path / "new" / "bench.json"
    assert bench.run(BenchOptions(quick=True, out=out, threads=1)) == 0
    text = capsys.readouterr().out
    assert ["A", "group", "least", "median", "greatest"] in [line.split() for line in text.splitlines()]
    assert ["a", "name", "0.25", "3.00", "1,234", "steps/s"] in [line.split() for line in text.splitlines()]
    written = json.loads(out.read_text())
    assert written["rows"] == [
        {
            "group": "A group",
            "name": "a name",
            "unit": "steps/s",
            "least": 0.25,
            "median": 3.0,
            "greatest": 1234.5,
            "rounds": [3.0, 1234.5, 0.25],
        }
    ]
    assert written["machine"]["torch"] == torch.__version__
    assert written["machine"]["threads"] == 1
    assert written["machine"]["processor"]


def test_the_report_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory") as caught:
        report.write_json(tmp_path, {}, [])
    assert caught.value.filename == str(tmp_path)
