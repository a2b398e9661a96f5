"""Configurations and values of every form: what is missing means what it meant then, what is newer is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, field, fields, make_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import digest
from gan_core.live.session import TrainingSession
from gan_core.recording.file.checkpoint import unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import resume
from gan_core.recording.stored import StoredRuns
from gan_core.records.commands import Open, SetValues, StepOnce
from gan_core.records.library import RunSummary
from gan_core.records.status import Phase
from gan_core.records.steps import Change, InForce
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import engine_at
from gan_core.setup import experiment
from gan_core.setup.config import BOUNDS, Bounds, GANConfig, HyperParameters, sized
from gan_core.setup.experiment import (
    YOUNGER_CONFIG,
    YOUNGER_VALUES,
    Experiment,
    UnknownField,
    read_config,
    read_experiment,
    read_value,
    read_values,
)
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from recorded import SEED, engine_of, record

LONG = 60.0  # seconds; for what never comes
RUN = "20260101-000000-abcdef"
CHANGES = (Change(11, "lr_g", 2e-4, 1e-3),)


def test_today_s_form_is_read_as_it_is() -> None:
    config, values = sized(width=16, task="fit"), HyperParameters(lr_g=3e-4)
    assert read_experiment(asdict(config), asdict(values)) == Experiment(config, values)


def test_a_run_from_before_there_were_tasks_trained_both_networks() -> None:
    recorded = asdict(sized(width=16))
    del recorded["task"]
    assert read_config(recorded) == sized(width=16, task="gan")


def test_what_a_missing_field_meant_is_itself_a_value_of_today() -> None:
    assert set(YOUNGER_CONFIG) <= {field.name for field in fields(GANConfig)}
    assert set(YOUNGER_VALUES) <= set(BOUNDS)
    read_experiment({**asdict(GANConfig()), **YOUNGER_CONFIG}, {**asdict(HyperParameters()), **YOUNGER_VALUES})


SIZES = {"width": 128, "depth": 2, "leak": 0.2, "beta2": 0.99, "epsilon": 1e-8}  # as they were recorded once
OLD = {"target": "spiral", "objective": "minimax", "batch": 64, "task": "gan", **SIZES}


def test_a_run_from_when_both_networks_had_one_size() -> None:
    config = read_config(OLD)
    assert config.generator == "128,128:leaky-relu(slope=0.2):tanh"
    assert config.discriminator == "128,128:leaky-relu(slope=0.2):linear"
    assert config.optimiser_g == config.optimiser_d == "adam(beta2=0.99, epsilon=1e-08)"
    assert (config.objective, config.batch, config.penalty) == ("minimax", 64, "none")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width", 0),
        ("width", 10**9),
        ("width", "wide"),
        ("width", 4.0),
        ("depth", 17),
        ("depth", True),
        ("leak", "much"),
        ("leak", float("nan")),
        ("leak", 2),
        ("beta2", 1.0),
        ("epsilon", 0),
    ],
)
def test_a_size_that_there_never_was_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        read_config({**OLD, name: value})


@pytest.mark.parametrize("name", SIZES)
def test_the_sizes_come_together_or_not_at_all(name: str) -> None:
    with pytest.raises(ValueError, match=f"^it was recorded without '{name}', which every run has$"):
        read_config({other: value for other, value in OLD.items() if other != name})
    with pytest.raises(UnknownField, match=f"'{name}'"):
        read_config({**asdict(GANConfig()), name: SIZES[name]})


@pytest.mark.parametrize("name", sorted({f.name for f in fields(GANConfig)} - set(YOUNGER_CONFIG)))
def test_what_every_run_has_must_be_there(name: str) -> None:
    recorded = asdict(GANConfig())
    del recorded[name]
    with pytest.raises(ValueError, match=f"^it was recorded without '{name}', which every run has$"):
        read_config(recorded)


@pytest.mark.parametrize("read", [read_config, read_values])
def test_a_field_of_a_newer_version_is_named(read: Callable[[dict[str, Any]], object]) -> None:
    recorded = asdict(GANConfig()) if read is read_config else asdict(HyperParameters())
    said = "it was recorded with 'momentum', which this version of GANscope does not know; perhaps by a newer one"
    with pytest.raises(UnknownField, match=f"^{said}"):
        read({**recorded, "momentum": 0.5})
    with pytest.raises(UnknownField, match=f"^{said}"):
        read_value("momentum", 0.5)
    assert [read_value(name, bounds.high) for name, bounds in BOUNDS.items()] == [b.high for b in BOUNDS.values()]


@pytest.mark.parametrize("value", [None, "0.001", True, float("nan"), 7.0, 10**400, [1e-3]])
def test_values_of_another_kind_or_out_of_range_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^lr_g must "):
        read_values({**asdict(HyperParameters()), "lr_g": value})
    with pytest.raises(ValueError, match=r"^lr_g must "):
        read_value("lr_g", value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
def test_whatever_stands_in_the_place_of_fields_is_refused(found: Any) -> None:
    for read in (read_config, read_values):
        with pytest.raises(ValueError):  # noqa: PT011  # which of many is not the point
            read(found)


# -- the next version --------------------------------------------------------------------------------------------------


def become_the_next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this version one more live value and one more field, whose defaults are not what runs before did."""
    bounds = Bounds("clip", 0.0, 2.0, "linear", 0.1)
    values = make_dataclass(
        "HyperParameters",
        [("clip", float, field(default=0.5, metadata={"bounds": bounds}))],
        bases=(HyperParameters,),
        frozen=True,
    )
    config = make_dataclass("GANConfig", [("noise", "float", field(default=0.3))], bases=(GANConfig,), frozen=True)
    for module in [module for name, module in sys.modules.items() if name.startswith("gan_core")]:
        for name, new in (("HyperParameters", values), ("GANConfig", config)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, new)
    monkeypatch.setitem(BOUNDS, "clip", bounds)
    monkeypatch.setitem(experiment.YOUNGER_VALUES, "clip", 2.0)
    monkeypatch.setitem(experiment.YOUNGER_CONFIG, "noise", 0.0)


@pytest.fixture
def straight(tiny: Preset) -> dict[int, str]:
    """The oracle: the same run without a file, trained by the version before; what it was at each step."""
    engine, found = engine_of(tiny), {}
    for step in range(1, 26):
        engine.set(**{change.name: change.new for change in CHANGES if change.step == step})
        engine.step()
        found[step] = weights(engine)
    return found


def weights(engine: GANEngine) -> str:
    return digest({name: part for name, part in engine.state().items() if name != "values"})


@pytest.fixture
def before(tmp_path: Path, tiny: Preset, straight: dict[int, str], monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A folder with a run that was recorded with fewer fields than there are now."""
    runs = RunFolder(tmp_path)
    record(runs.path(RUN), tiny, 20, CHANGES, checkpoints=[10])
    become_the_next_version(monkeypatch)
    return runs


def test_a_run_of_the_version_before_is_opened_and_shown(before: RunFolder) -> None:
    (listed,) = Library(before.folder).runs()
    assert isinstance(listed, RunSummary)
    assert (listed.recipe.config["noise"], listed.recipe.values["clip"]) == (0.0, 2.0)
    shown = StoredRuns(before)
    values = shown.status(RUN).values
    assert (values["clip"], values["lr_g"]) == (InForce(2.0, 1), InForce(1e-3, 11))
    assert wire.decode(shown.progress(RUN, 0, 0))[0]["rows"] == 20
    assert wire.decode(shown.points(RUN))[0]["task"] == "gan"


def test_a_run_of_the_version_before_is_verified_and_every_step_visited(
    before: RunFolder, straight: dict[int, str]
) -> None:
    with closing(RunFile.open(before.path(RUN))) as file:
        verdict = verify(file)
        assert (verdict.mismatch, verdict.note, verdict.checkpoints, verdict.rows) == ("", "", 3, 20)
        for step in (10, 15, 20):
            assert weights(engine_at(file, step)) == straight[step]


def test_a_run_of_the_version_before_is_resumed_bit_for_bit(before: RunFolder, straight: dict[int, str]) -> None:
    with closing(RunFile.open(before.path(RUN))) as file:
        run = resume(file)
    assert run.values["clip"] == InForce(2.0, 1)
    assert vars(run.engine.values)["clip"] == 2.0
    run.engine.advance(5)
    assert weights(run.engine) == straight[25]


def test_a_run_of_the_version_before_goes_on_with_the_new_value(before: RunFolder) -> None:
    session = TrainingSession("quick", SEED, device="cpu", precision="float32", threads=1, paused=True, runs=before)
    session.start()
    try:
        for command in (Open(RUN), SetValues({"clip": 1.5}), StepOnce(3)):
            receipt = session.send(command)
            assert receipt.wait(LONG) is not None
            assert receipt.refusal is None
        while session.status().step < 23:
            assert session.status().phase is not Phase.FAILED, session.status().error
            session.send(SetValues({})).wait(LONG)
        assert session.status().values["clip"] == InForce(1.5, 21)
        assert session.status().phase is Phase.PAUSED
    finally:
        session.close(LONG)
    with closing(RunFile.open(before.path(RUN))) as file:
        assert file.changes(after_step=20) == [Change(21, "clip", 2.0, 1.5)]
        assert (verify(file).mismatch, verify(file).rows) == ("", 23)


def test_a_run_of_the_version_before_is_taken_in(before: RunFolder) -> None:
    library = Library(before.folder)
    taken = library.import_file(library.export(RUN))
    with closing(RunFile.open(library.path(taken))) as file:
        assert (file.recipe.config["noise"], file.recipe.values["clip"]) == (0.0, 2.0)
        _, packed = file.checkpoint_before(20)
        assert wire.decode(packed)[0]["values"]["clip"] == 2.0  # in today's form
        assert unpack_state(packed, read_config(file.recipe.config))["values"]["lr_g"] == 1e-3
        assert verify(file).proved
