from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
from torch.utils.flop_counter import FlopCounterMode

from gan_core import __main__ as command_line
from gan_core.bench import beside, frames, growth, peak, plot, report, startup, training, yardsticks
from gan_core.bench import command as bench
from gan_core.bench.client import Client, running_server
from gan_core.bench.naive import NaiveGAN
from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import ARTICLE, SIZES, depth_of, describe
from gan_core.bench.soak import memory_over_time, resident_megabytes
from gan_core.bench.yardsticks import NAIVE, YARDSTICKS, Yardstick
from gan_core.cli.options import BenchOptions, SoakLength
from gan_core.setup.config import GANConfig, sized
from gan_core.setup.presets import Preset
from gan_core.targets.spiral import spiral
from gan_core.training.compute import resolve
from gan_core.training.engine import GANEngine
from gan_core.training.networks import MLP

ONCE = Plan(rounds=2, seconds=1e-6, device="cpu", threads=1)
EACH_YARDSTICK = pytest.mark.parametrize("yardstick", YARDSTICKS, ids=[y.name for y in YARDSTICKS])


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
    return NaiveGAN(preset.config.widest, depth_of(preset.config), preset.config.batch, "cpu")


@pytest.mark.parametrize("preset", SIZES.values(), ids=list(SIZES))
def test_the_naive_loop_has_the_engines_networks(preset: Preset) -> None:
    naive, engine = naive_of(preset), GANEngine(preset, device="cpu")
    for theirs, ours in ((naive.G, engine.generator), (naive.D, engine.discriminator)):
        assert [p.shape for p in theirs.parameters()] == [p.shape for p in ours.parameters()]
        theirs.load_state_dict({name.removeprefix("layers."): value for name, value in ours.state_dict().items()})
        x = naive.square(50)
        torch.testing.assert_close(theirs(x), ours(x))


Squares = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@pytest.fixture
def squares() -> Squares:
    """What the tiny preset draws for one step: latents of real points, of D's fakes and of G's."""
    random = torch.Generator().manual_seed(0)
    uv, z_d, z_g = (torch.rand((n, 2), generator=random) * 2 - 1 for n in (16, 16, 32))
    return uv, z_d, z_g


def test_the_naive_loop_trains_as_the_engine_does(
    tiny: Preset, squares: Squares, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One step from the same weights on the same numbers. Adam's epsilon stands in another place, so the second
    # decimal place of an update is enough to ask; everything before it must agree.
    engine = GANEngine(tiny, seed=1, device="cpu")
    engine.set(**vars(ARTICLE.values))
    naive = naive_of(tiny)
    copy_weights(engine.generator, naive.G)
    copy_weights(engine.discriminator, naive.D)
    uv, z_d, z_g = squares
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


@pytest.mark.slow
def test_the_jax_loop_trains_as_the_engine_does(tiny: Preset, squares: Squares) -> None:
    # Adam is Keras's in both, so the weights after a step can be held against each other.
    pytest.importorskip("jax")
    from gan_core.bench import jax_loop

    engine = GANEngine(tiny, seed=1, device="cpu", precision="float32", threads=1)
    engine.set(**vars(ARTICLE.values))
    gan = jax_loop.JaxGAN(tiny.config.widest, depth_of(tiny.config), tiny.config.batch)
    for name, network in (("G", engine.generator), ("D", engine.discriminator)):
        shapes = [(w.shape, b.shape) for w, b in gan.state[name]["weights"]]
        gan.state[name]["weights"] = as_kernels(network)
        assert shapes == [(w.shape, b.shape) for w, b in gan.state[name]["weights"]]
    uv, z_d, z_g = squares
    real = np.asarray(jax_loop.spiral(uv.numpy()))
    np.testing.assert_allclose(real, spiral(uv), atol=1e-6)

    state, numbers = jax_loop.update({"G": gan.state["G"], "D": gan.state["D"]}, real, z_d.numpy(), z_g.numpy())
    metrics = engine.update(spiral(uv), z_d, z_g)

    expected = (metrics.d_loss, metrics.d_accuracy, metrics.g_loss, metrics.g_accuracy)
    assert numbers.tolist() == pytest.approx(expected, rel=1e-4)
    for name, network in (("G", engine.generator), ("D", engine.discriminator)):
        for theirs, ours in zip(state[name]["weights"], as_kernels(network), strict=True):
            for a, b in zip(theirs, ours, strict=True):
                np.testing.assert_allclose(a, b, atol=2e-5)  # an update moves a weight by up to 1e-3

    before = gan.state["G"]["weights"][0][0]
    losses = [gan.step()[0] for _ in range(3)]
    assert all(np.isfinite(losses))
    assert gan.state["G"]["t"] == gan.state["D"]["t"] == 3
    assert np.abs(np.asarray(gan.state["G"]["weights"][0][0]) - before).max() > 0


@pytest.mark.slow
def test_the_keras_loop_trains_as_the_engine_does(
    tiny: Preset, squares: Squares, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    pytest.importorskip("keras")
    from gan_core.bench import keras_loop

    engine = GANEngine(tiny, seed=1, device="cpu", precision="float32", threads=1)
    engine.set(**vars(ARTICLE.values))
    gan = keras_loop.KerasGAN(tiny.config.widest, depth_of(tiny.config), tiny.config.batch)
    for model, network in ((gan.G, engine.generator), (gan.D, engine.discriminator)):
        model.set_weights([array for layer in as_kernels(network) for array in layer])
    uv, z_d, z_g = squares
    draws = iter((uv, z_d, z_g))
    monkeypatch.setattr(gan, "square", lambda n: next(draws).numpy())

    numbers = gan.step()
    metrics = engine.update(spiral(uv), z_d, z_g)

    expected = (metrics.d_loss, metrics.d_accuracy, metrics.g_loss, metrics.g_accuracy)
    assert numbers == pytest.approx(expected, rel=1e-4)
    for model, network in ((gan.G, engine.generator), (gan.D, engine.discriminator)):
        ours = [array for layer in as_kernels(network) for array in layer]
        for a, b in zip(model.get_weights(), ours, strict=True):
            np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.slow
def test_the_tensorflow_loop_trains_as_the_engine_does(tiny: Preset, squares: Squares) -> None:
    pytest.importorskip("tensorflow")
    from gan_core.bench import tensorflow_loop

    engine = GANEngine(tiny, seed=1, device="cpu", precision="float32", threads=1)
    engine.set(**vars(ARTICLE.values))
    gan = tensorflow_loop.TensorFlowGAN(tiny.config.widest, depth_of(tiny.config), tiny.config.batch)
    pairs = ((gan.G, engine.generator), (gan.D, engine.discriminator))
    for theirs, network in pairs:
        for variable, array in zip(theirs.weights, (a for layer in as_kernels(network) for a in layer), strict=True):
            variable.assign(array)
    uv, z_d, z_g = squares
    real = tensorflow_loop.spiral(uv.numpy())
    np.testing.assert_allclose(real, spiral(uv), atol=1e-6)

    numbers = gan.update(real, z_d.numpy(), z_g.numpy()).numpy().tolist()
    metrics = engine.update(spiral(uv), z_d, z_g)

    expected = (metrics.d_loss, metrics.d_accuracy, metrics.g_loss, metrics.g_accuracy)
    assert numbers == pytest.approx(expected, rel=1e-4)
    for theirs, network in pairs:
        for variable, array in zip(theirs.weights, (a for layer in as_kernels(network) for a in layer), strict=True):
            np.testing.assert_allclose(variable.numpy(), array, atol=2e-5)
    before = gan.G.weights[0].numpy()
    assert np.isfinite([gan.step() for _ in range(2)]).all()
    assert np.abs(gan.G.weights[0].numpy() - before).max() > 0


def as_kernels(network: MLP) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights as JAX and Keras keep them: (inputs, outputs) and (outputs,) of each layer."""
    linear = [layer for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    return [(x.weight.detach().numpy().T.copy(), x.bias.detach().numpy().copy()) for x in linear]


@pytest.mark.slow
@EACH_YARDSTICK
def test_a_yardstick_answers_each_line_with_a_speed(yardstick: Yardstick, tiny: Preset) -> None:
    if obstacle := yardstick.obstacle("cpu"):
        pytest.skip(obstacle)
    with yardsticks.process(yardstick, tiny.config, "cpu", 1) as speed:
        assert all(0 < speed(seconds) < 1e6 for seconds in (0.0, 1e-6, 1e-6))


@EACH_YARDSTICK
def test_a_yardstick_knows_nothing_of_the_engine(yardstick: Yardstick) -> None:
    assert "import gan_core" not in yardstick.script.read_text()
    assert "from gan_core" not in yardstick.script.read_text()


def test_yardsticks_that_cannot_run_are_left_out_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Yardstick("Absent loop", NAIVE.script, ("torch", "no_such_library"))
    monkeypatch.setattr(yardsticks, "YARDSTICKS", (NAIVE, absent))
    assert yardsticks.usable("cpu") == [NAIVE]
    line = "Absent loop is left out: it needs no_such_library: pip install -r requirements-bench.txt\n"
    assert capsys.readouterr().out == line
    assert yardsticks.usable("cuda") == [NAIVE]
    assert capsys.readouterr().out == "Absent loop is left out: it is measured on cpu alone.\n"


@pytest.mark.slow
def test_a_yardstick_that_ends_is_left_out_and_the_others_stay(
    tiny: Preset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit('no such\\nlibrary file')")
    broken = Yardstick("Broken loop", tmp_path / "broken.py", ())
    with yardsticks.running([broken, NAIVE], tiny.config, "cpu", 1) as speeds:
        assert list(speeds) == [NAIVE.name]
    assert capsys.readouterr().out == "Broken loop is left out: its process has ended, status 1: library file\n"


def test_what_the_requirements_of_the_yardsticks_install() -> None:
    # Every library that a yardstick imports, pinned.
    lines = (Path(bench.__file__).parents[2] / "requirements-bench.txt").read_text().splitlines()
    pinned = {line.partition("==")[0] for line in lines if "==" in line}
    used = {library for yardstick in YARDSTICKS for library in yardstick.libraries}
    assert used - {"torch"} <= pinned  # torch is in requirements.txt
    assert "-r requirements.txt" in lines


@pytest.mark.slow
def test_looking_beside_the_training_is_held_against_looking_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LEAD", "_LEAST", "WATCHED_FOR"):
        monkeypatch.setattr(beside, name, 0.05)
    rows = beside.compare("tiny", ONCE)
    speeds = {row.name: row.values for row in rows if row.unit == "steps/s"}
    assert list(speeds) == [beside.ALONE, beside.IN_TURN, beside.BESIDE]
    assert {row.name: row.values for row in rows if row.unit == "x"} == {
        f"{way} : none": ratios(speeds[way], speeds[beside.ALONE]) for way in (beside.IN_TURN, beside.BESIDE)
    }
    assert [row.name for row in rows if row.unit == "frames/s"] == [beside.IN_TURN, beside.BESIDE]
    assert all(min(row.values) > 0 for row in rows if row.unit == "steps/s")
    assert {len(row.values) for row in rows} == {ONCE.rounds}


@pytest.fixture(scope="module")
def compared(tiny: Preset) -> list[Row]:
    """The engine's speed beside that of the naive loop and of another of its kind."""
    return training.compare(tiny, ONCE, [NAIVE, replace(NAIVE, name="other")])


@pytest.mark.slow
def test_training_speed_has_a_ratio_for_each_pair(compared: list[Row], tiny: Preset) -> None:
    rates = {row.name: row.values for row in compared if row.unit == "steps/s"}
    pairs = {row.name: row.values for row in compared if row.unit == "x"}
    assert list(rates) == [NAIVE.name, "other", "float32", "bfloat16"]
    assert [name for name in pairs if name.endswith(NAIVE.name)] == [
        f"{name} : {NAIVE.name}" for name in ("other", "float32", "bfloat16")
    ]
    assert {row.group for row in compared} == {f"Training, {describe(tiny)}"}
    for name, values in pairs.items():
        one, _, other = name.partition(" : ")
        assert values == ratios(rates[one], rates[other])
    assert all(min(row.values) > 0 and len(row.values) == ONCE.rounds for row in compared)


def test_yardsticks_are_held_against_the_naive_loop_too(compared: list[Row]) -> None:
    names = {row.name for row in compared if row.unit == "x"}
    assert {f"other : {NAIVE.name}", f"float32 : {NAIVE.name}", "float32 : other"} <= names
    assert f"{NAIVE.name} : other" not in names


@pytest.mark.parametrize("preset", [*SIZES.values(), replace(ARTICLE, config=sized(depth=1, width=8, batch=6))])
def test_flops_are_those_that_torch_counts(preset: Preset) -> None:
    # Asked only for the gradients that an update needs, torch computes no other products.
    naive, half = naive_of(preset), preset.config.batch // 2
    with FlopCounterMode(display=False) as counter:
        with torch.no_grad():
            fake = naive.G(naive.square(half))
        d_loss = mse_loss(naive.D(torch.cat((naive.square(half), fake))), torch.zeros(2 * half, 1))
        torch.autograd.grad(d_loss, list(naive.D.parameters()))
        logits = naive.D(naive.G(naive.square(2 * half)))
        g_loss = binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        torch.autograd.grad(g_loss, list(naive.G.parameters()))
    assert peak.step_flops(preset.config) == counter.get_total_flops()


def test_flops_of_the_articles_network() -> None:
    assert peak.step_flops(GANConfig()) == pytest.approx(4.575e9, rel=1e-3)


def test_the_share_of_the_peak_is_that_of_the_best_product_as_exact_as_the_step(tiny: Preset) -> None:
    rows = {row.name: row for row in peak.share(tiny, ONCE)}
    speeds = {name: row.values for name, row in rows.items() if row.unit == "GFLOP/s"}
    assert list(speeds) == [*peak.ROUTES, *(f"training step, {precision}" for precision in peak.STEPS)]
    assert all(min(values) > 0 for values in speeds.values())
    products = [speeds[name] for name in peak.ROUTES]
    best = tuple(max(values) for values in zip(*products, strict=True))
    expected = tuple(100 * a / b for a, b in zip(speeds["training step, bfloat16"], best, strict=True))
    assert rows["bfloat16 step : best product"].values == pytest.approx(expected)
    assert min(rows["float32 step : best product"].values) > 0


def test_a_product_is_as_exact_as_its_route_and_leaves_the_route_as_it_was() -> None:
    compute = resolve("cpu", threads=1)
    before = torch.get_float32_matmul_precision()
    errors = {name: peak.Product(sized(width=64), compute, *route).error() for name, route in peak.ROUTES.items()}
    assert errors["product, float32 highest"] < 1e-5
    assert 1e-4 < errors["product, bfloat16"] < 1e-1
    assert torch.get_float32_matmul_precision() == before


def test_frame_costs_are_in_milliseconds_and_in_steps(tiny: Preset) -> None:
    rows = frames.costs(tiny, ONCE)
    milliseconds = {row.name: row.values for row in rows if row.unit == "ms"}
    steps = {row.name: row.values for row in rows if row.unit == "steps"}
    assert set(milliseconds) - set(steps) == {frames.STEP}
    sides = [f"{side} x {side}" for side in (50, 100, 400)]
    looks = {f"frame {side}" for side in sides} | {f"maps {side} alone" for side in sides}
    assert {*looks, "encoding 100 x 100"} == set(steps)
    for name, values in steps.items():
        assert values == pytest.approx(ratios(milliseconds[name], milliseconds[frames.STEP]))


@pytest.mark.parametrize("curve", growth.CURVES, ids=[curve.axis for curve in growth.CURVES])
def test_curves_have_a_figure_and_a_ratio_at_each_point(curve: growth.Curve) -> None:
    assert curve.reference in curve.quick
    assert set(curve.quick) <= set(curve.points)
    rows = growth.along(replace(curve, quick=(curve.quick[0], curve.reference)), replace(ONCE, quick=True))
    milliseconds = {row.at: row.values for row in rows if row.unit == "ms"}
    assert list(milliseconds) == [curve.quick[0], curve.reference]
    (multiple,) = (row.values for row in rows if row.unit == "x")
    assert multiple == ratios(milliseconds[curve.quick[0]], milliseconds[curve.reference])


@pytest.mark.slow
def test_starting_is_measured_to_what_a_person_waits_for() -> None:
    listens, frame = startup.first_frame(ONCE).values()
    assert 0 < listens < frame
    (step,) = startup.first_step(ONCE).values()
    (torch_alone,) = startup.torch_alone().values()
    assert step > 0
    assert torch_alone > 0


def test_the_first_start_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(9))
    for name in ("first_frame", "first_step", "torch_alone"):
        monkeypatch.setattr(startup, name, lambda *plan, name=name: {name: float(next(seconds))})
    rows = {row.name: row.values for row in startup.start_up(ONCE)}
    assert rows == {"first_frame": (3.0, 6.0), "first_step": (4.0, 7.0), "torch_alone": (5.0, 8.0)}


def test_a_server_that_does_not_start_says_why() -> None:
    refused = Plan(rounds=1, seconds=1e-6, device="no such device")
    with pytest.raises(OSError, match=r"did not start: app\.py: .*no such device"):
        startup.memory(refused)
    with pytest.raises(OSError, match=r"did not train: .*no such device"):
        startup.first_step(refused)


@pytest.mark.slow
def test_memory_of_the_server_is_more_than_torchs() -> None:
    torch_alone, first, later, buffer = (row.values[0] for row in startup.memory(ONCE))
    assert 10 < torch_alone < min(first, later)
    assert 0 < buffer < later < 10_000


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_measurement_that_fails_loses_only_its_own_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(plan: Plan) -> Iterator[Row]:
        yield Row("Broken", "finished before", "x", (1.0,))
        yield Row("Broken later", "never finished", "x", (2.0,))
        raise OSError("the server did not start")

    def good(plan: Plan) -> list[Row]:
        return [Row("Good", "afterwards", "x", (3.0,), at=5)]

    monkeypatch.setattr(bench, "MEASUREMENTS", (broken, good))
    out = tmp_path / "bench.json"
    assert bench.run(BenchOptions(quick=True, out=out)) == 1
    written = json.loads(out.read_text())
    assert [(row["name"], row.get("at")) for row in written["rows"]] == [("finished before", None), ("afterwards", 5)]
    assert written["failed"] == {"broken": "OSError: the server did not start"}
    assert capsys.readouterr().err.strip() == "broken failed: OSError: the server did not start"


PICTURED = [
    Row("Training, one", f"float32 : {NAIVE.name}", "x", (2.0, 2.5, 3.0)),
    Row("Training, one", f"JAX jit : {NAIVE.name}", "x", (1.5, 2.0, 2.5)),
    Row("Training, two", f"Keras loop : {NAIVE.name}", "x", (0.02, 0.05, 0.06)),
    Row("A training step by width", "width 16", "ms", (1.0, 2.0, 3.0), at=16),
    Row("A training step by width", "width 512", "ms", (10.0, 20.0, 30.0), at=512),
]


@pytest.mark.parametrize("rows", [PICTURED, PICTURED[:1], PICTURED[3:], []], ids=["all", "bars", "curve", "nothing"])
@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_picture_is_one(rows: list[Row], ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"bench{ending}"
    plot.draw(path, {"processor": "A processor", "cores": 2, "torch": "2.13.0", "jax": "not installed"}, rows)
    if ending == ".svg":
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        return
    from matplotlib.image import imread

    pixels = imread(path)
    assert min(pixels.shape[:2]) > 500
    assert (pixels[[0, -1], :, :] == 1).all()  # opaque white, whatever the page's ground
    assert pixels[..., :3].min() < 0.5  # words


def test_the_caption_names_machine_and_versions() -> None:
    about = {"processor": "A processor", "cores": 2, "threads": 2, "torch": "2.13.0", "jax": "not installed"}
    text = plot.caption({**about, "device": "cpu", "keras": "3.15.1"})
    assert text.startswith("A processor, 2 cores; PyTorch 2.13.0, Keras 3.15.1\n")
    assert "2 threads" in text
    assert "A processor, 2 cores, A card; " in plot.caption({**about, "device": "A card"})


def test_a_picture_without_its_library_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["bench", "--plot", str(tmp_path / "bench.svg")], {})
    assert "matplotlib is not installed: pip install -r requirements.txt\n" in capsys.readouterr().err


def test_the_picture_is_drawn_from_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MEASUREMENTS", (lambda plan: PICTURED,))
    options = BenchOptions(quick=True, out=tmp_path / "bench.json", plot=tmp_path / "new" / "bench.svg")
    assert bench.run(options) == 0
    assert ElementTree.parse(tmp_path / "new" / "bench.svg").getroot().tag.endswith("svg")


def test_the_report_says_which_libraries_there_are() -> None:
    about = report.machine(ONCE)
    for library in ("jax", "tensorflow", "keras"):
        assert (about[library] == "not installed") == (find_spec(library) is None)


def test_the_report_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory") as caught:
        report.write_json(tmp_path, {}, [], {})
    assert caught.value.filename == str(tmp_path)
