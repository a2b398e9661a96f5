"""Recorded runs trained again, held against a straight run: step by step, without files, reports or stops."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import digest
from gan_core.__main__ import main
from gan_core.recording.file.checkpoint import fingerprint, pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.outcomes import Cancelled
from gan_core.records.steps import Change
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import Replay, engine_at, engine_for, retrained
from gan_core.setup.config import BOUNDS, HyperParameters, sized
from gan_core.setup.presets import PRESETS, Preset
from gan_core.setup.recipe import preset_of
from recorded import SEED, engine_of, recipe_of, record

TINIEST = Preset("tiniest", sized(width=4, depth=1, batch=4), HyperParameters())
CHANGES = (
    Change(1, "beta1_g", 0.5, 0.3),
    Change(21, "lr_g", 2e-4, 1e-2),
    Change(21, "lr_d", 1e-3, 5e-3),
    Change(21, "lr_g", 1e-2, 2e-2),
    Change(34, "beta1_d", 0.5, 0.9),
    Change(61, "lr_g", 2e-2, 1e-3),
)


def straight(preset: Preset, changes: Sequence[Change], steps: int) -> list[str]:
    """The oracle: the digest of the state after each step, before any change of the next one."""
    engine = engine_of(preset)
    states = [digest(engine.state())]
    for step in range(1, steps + 1):
        for change in changes:
            if change.step == step:
                engine.set(**{change.name: change.new})
        engine.step()
        states.append(digest(engine.state()))
    return states


@pytest.fixture
def run(tmp_path: Path, tiny: Preset) -> Path:
    """60 steps with changes, two of them at checkpoints."""
    return record(tmp_path / "run.sqlite", tiny, 60, CHANGES, (20, 33, 50))


@pytest.fixture
def states(tiny: Preset) -> list[str]:
    return straight(tiny, CHANGES, 60)


def damage(path: Path, query: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(query, values).rowcount == 1
        db.commit()


def flip(blob: bytes, place: int) -> bytes:
    return blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]


# -- engines -----------------------------------------------------------------------------------------------------------


def test_an_engine_computes_as_the_recipe_says(tiny: Preset) -> None:
    engine = engine_for(recipe_of(tiny, precision="bfloat16", threads=2))
    assert (engine.compute.precision, engine.compute.threads) == ("bfloat16", 2)
    assert engine_for(recipe_of(tiny, precision="bfloat16", threads=2), threads=1).compute.threads == 1
    assert digest(engine_for(recipe_of(tiny)).state()) == digest(engine_of(tiny).state())


def test_the_recorded_configuration_counts_and_not_the_preset_of_that_name(tiny: Preset) -> None:
    preset = preset_of(recipe_of(replace(tiny, name="quick")))
    assert (preset.config, preset.values) == (tiny.config, tiny.values)
    assert preset.title == PRESETS["quick"].title
    assert preset_of(recipe_of(tiny)).name == "tiny"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"config": {"target": "rings"}}, "rings"),
        ({"config": {"objective": "of the future"}}, "of the future"),
        ({"config": {"colour": 3}}, "colour"),
        ({"config": {"generator": "wide"}}, "generator"),
        ({"config": {"generator": "4:swish"}}, "swish"),
        ({"config": {"optimiser_d": "adam(beta3=1)"}}, "beta3"),
        ({"values": {"lr_g": 7.0}}, "lr_g"),
        ({"precision": "float8"}, "float8"),
        ({"threads": 0}, "threads"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_what_this_machine_cannot_compute_is_a_sentence(tiny: Preset, other: dict[str, Any], words: str) -> None:
    whole = {name: {**asdict(getattr(tiny, name)), **other.get(name, {})} for name in ("config", "values")}
    with pytest.raises(ValueError, match=words) as refused:
        engine_for(recipe_of(tiny, **{**other, **whole}))
    assert str(refused.value).endswith(".")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_run_of_a_gpu_needs_one(tiny: Preset) -> None:
    with pytest.raises(ValueError, match="CUDA"):
        engine_for(recipe_of(tiny, device="cuda"))


def test_values_hold_from_the_step_of_their_change_on(tiny: Preset, run: Path) -> None:
    with closing(RunFile.open(run)) as file:
        assert file.values_at(0) == vars(tiny.values)
        assert file.values_at(20) == {**vars(tiny.values), "beta1_g": 0.3}
        assert file.values_at(21) == {**vars(tiny.values), "beta1_g": 0.3, "lr_g": 2e-2, "lr_d": 5e-3}


# -- any step ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1, 19, 20, 21, 32, 33, 34, 49, 50, 59, 60])
def test_a_step_is_that_of_a_straight_run(run: Path, states: list[str], step: int) -> None:
    with closing(RunFile.open(run)) as file:
        assert digest(engine_at(file, step).state()) == states[step]


@pytest.mark.parametrize("step", [-1, 61])
def test_a_step_that_is_not_recorded_is_refused(run: Path, step: int) -> None:
    with closing(RunFile.open(run)) as file, pytest.raises(ValueError, match="from step 0 to 60"):
        engine_at(file, step)


def test_it_goes_on_from_an_engine_beyond_the_checkpoint(run: Path, states: list[str]) -> None:
    reports: list[tuple[int, int]] = []

    def report(done: int, total: int) -> bool:
        reports.append((done, total))
        return True

    with closing(RunFile.open(run)) as file:
        engine = engine_at(file, 40)
        assert engine_at(file, 47, engine=engine, report=report) is engine
        assert digest(engine.state()) == states[47]
        assert reports[0] == (0, 7)
        assert reports[-1] == (7, 7)  # and not 14, from the checkpoint on
        engine_at(file, 52, engine=engine, report=report)
        assert reports[-1] == (2, 2)  # from the checkpoint at 50: nearer than 47
        assert digest(engine.state()) == states[52]
        engine_at(file, 30, engine=engine)
        assert digest(engine.state()) == states[30]


def test_values_set_on_the_engine_do_not_count(run: Path, states: list[str]) -> None:
    with closing(RunFile.open(run)) as file:
        engine = engine_at(file, 40)
        engine.set(lr_g=0.09)
        assert digest(engine_at(file, 45, engine=engine).state()) == states[45]


def test_it_can_be_cancelled_and_goes_on_from_there(run: Path, states: list[str]) -> None:
    totals = []

    def report(done: int, total: int) -> bool:
        totals.append(total)
        return done < 5

    with closing(RunFile.open(run)) as file:
        replay = Replay(file.recipe)
        with pytest.raises(Cancelled):
            replay.go_to(file, 19, report)
        assert 5 <= replay.engine.steps < 19
        replay.go_to(file, 19, report=lambda done, total: totals.append(total) is None)
        assert totals[-1] < 19
        assert digest(replay.engine.state()) == states[19]


def test_going_back_step_by_step_takes_a_few_steps_each(tmp_path: Path) -> None:
    """From checkpoints alone, 200 steps back would take 200 * 199 / 2 = 19 900 steps."""
    trained = 0
    states = straight(TINIEST, (), 200)

    def report(done: int, total: int) -> bool:
        nonlocal trained
        trained += total if done == total else 0
        return True

    with closing(RunFile.open(record(tmp_path / "run.sqlite", TINIEST, 200))) as file:
        replay = Replay(file.recipe)
        for step in range(199, 0, -1):
            replay.go_to(file, step, report)
            assert digest(replay.engine.state()) == states[step]
        assert trained < 199 * 10
        trained = 0
        replay.go_to(file, 150)
        replay.go_to(file, 155)
        replay.go_to(file, 150, report)
        assert trained < 10


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Change], list[int], list[int]]:
    """Changes in the order of their steps, steps with checkpoints, and steps to visit."""
    steps = sorted(draw(st.lists(st.integers(1, 31), max_size=8)))
    changes = []
    for step in steps:
        name = draw(st.sampled_from(sorted(BOUNDS)))
        few = (1.0, 2.0) if BOUNDS[name].whole else (1e-6, 1e-4, 3e-3, 0.1)
        value = max(draw(st.sampled_from(few)), BOUNDS[name].low)
        changes.append(Change(step, name, 0.0, value))
    some = st.lists(st.integers(0, 30), max_size=6)
    return changes, draw(some), draw(some)


@settings(max_examples=25)
@given(logs())
def test_every_visited_step_is_that_of_a_straight_run(log: tuple[list[Change], list[int], list[int]]) -> None:
    changes, checkpoints, visits = log
    states = straight(TINIEST, changes, 30)
    with tempfile.TemporaryDirectory() as folder:
        path = record(Path(folder) / "run.sqlite", TINIEST, 30, changes, checkpoints)
        with closing(RunFile.open(path)) as file:
            replay = Replay(file.recipe)
            for step in visits:
                replay.go_to(file, step)
                assert digest(replay.engine.state()) == states[step]
                assert replay.verified is True
            assert verify(file).proved


def test_each_block_ends_at_a_stop_or_before_a_change(tiny: Preset) -> None:
    engine = engine_of(tiny)
    ends = []
    for done in retrained(engine, 40, CHANGES, (0, 3, 20, 41)):
        ends.append(done[-1].step)
        assert engine.steps == done[-1].step
    assert {3, 20, 33, 40} <= set(ends)
    assert ends == sorted(set(ends))


# -- what the file says of the way -------------------------------------------------------------------------------------


def test_a_step_on_an_altered_way_is_not_verified(run: Path) -> None:
    with closing(RunFile.open(run)) as file:
        rows = file.metrics()
    rows[24, 2] = np.nextafter(rows[24, 2], 1)
    damage(run, "UPDATE metrics SET rows = ?", rows.tobytes())
    with closing(RunFile.open(run)) as file:
        replay = Replay(file.recipe)
        for step, verified in ((24, True), (25, False), (26, False), (20, True), (33, True), (40, True), (28, False)):
            replay.go_to(file, step)
            assert replay.verified is verified, step


def test_without_metrics_on_the_way_nothing_is_verified(run: Path, tiny: Preset) -> None:
    """Every second row is dropped: step 22 is the one after the checkpoint whose row is gone."""
    with closing(RunFile.open(run)) as file:
        rows = file.metrics()[::2]
    damage(run, "UPDATE metrics SET rows = ?", rows.tobytes())
    damage(run, "UPDATE about SET value = '2' WHERE name = 'stride'")
    with closing(RunFile.open(run)) as file:
        replay = Replay(file.recipe)
        for step, verified in ((33, True), (34, None), (35, True), (50, True), (60, True), (20, True), (21, True)):
            replay.go_to(file, step)
            assert replay.verified is verified, step
        assert verify(file).rows == 30
        assert verify(file).proved


def test_extremes_of_thinned_metrics_are_verified(run: Path) -> None:
    with closing(RunFile.open(run, write=True)) as file, file.transaction():
        file.halve_metrics()
        file.halve_metrics()
    with closing(RunFile.open(run)) as file:
        replay = Replay(file.recipe)
        for step, verified in ((37, True), (21, True), (57, True), (58, None)):
            replay.go_to(file, step)
            assert replay.verified is verified, step
        assert (verify(file).rows, verify(file).proved) == (15, True)
        extremes, row = file.extremes(), file.metrics()[7]
    # What lay between two rows is given as more than it was.
    extremes[7, 6] = max(extremes[7, 6], row[2]) * 1.01
    damage(run, "UPDATE extremes SET rows = ? WHERE first = 0", extremes.tobytes())
    with closing(RunFile.open(run)) as file:
        assert verify(file).mismatch.startswith("The metrics of step 29 are not those recorded.")


def test_a_damaged_checkpoint_is_passed_over(run: Path, states: list[str]) -> None:
    with closing(RunFile.open(run)) as file:
        step, packed = file.checkpoint_before(33)
    damage(run, "UPDATE checkpoints SET state = ? WHERE step = ?", flip(packed, 5000), step)
    with closing(RunFile.open(run)) as file:
        assert digest(engine_at(file, 40).state()) == states[40]
    damage(run, "UPDATE checkpoints SET state = ? WHERE step = 0", b"GSC1")
    with (
        closing(RunFile.open(run)) as file,
        pytest.raises(ValueError, match="Every checkpoint up to step 10 is damaged"),
    ):
        engine_at(file, 10)


def test_a_branch_begins_at_its_first_checkpoint(run: Path, states: list[str], tmp_path: Path) -> None:
    damage(run, "DELETE FROM checkpoints WHERE step = 0")
    with closing(RunFile.open(run)) as file:
        assert digest(engine_at(file, 25).state()) == states[25]
        with pytest.raises(ValueError, match="from step 20 to 60"):
            engine_at(file, 19)
        verdict = verify(file)
    assert (verdict.steps, verdict.checkpoints, verdict.rows, verdict.mismatch) == (40, 4, 40, "")


# -- proof -------------------------------------------------------------------------------------------------------------


def test_a_whole_run_is_proved(run: Path) -> None:
    reports: list[tuple[int, int]] = []
    with closing(RunFile.open(run)) as file:
        verdict = verify(file, lambda done, total: reports.append((done, total)) is None)
    assert verdict.proved
    assert (verdict.steps, verdict.checkpoints, verdict.rows) == (60, 5, 60)
    assert (verdict.mismatch, verdict.note) == ("", "")
    assert (reports[0], reports[-1]) == ((0, 60), (60, 60))


def test_a_proof_can_be_cancelled(run: Path) -> None:
    with closing(RunFile.open(run)) as file, pytest.raises(Cancelled):
        verify(file, lambda done, total: done < 30)


def alter_metrics(path: Path) -> None:
    with closing(RunFile.open(path)) as file:
        blob = file.metrics().tobytes()
    damage(path, "UPDATE metrics SET rows = ?", flip(blob, 16 * 44))


def alter_state(path: Path) -> None:
    """A state that is whole, with its own fingerprint, but not of this run."""
    with closing(RunFile.open(path)) as file:
        packed = flip(file.checkpoint_before(33)[1], 5000)
    damage(path, "UPDATE checkpoints SET state = ?, fingerprint = ? WHERE step = 33", packed, fingerprint(packed))


def damage_state(path: Path) -> None:
    with closing(RunFile.open(path)) as file:
        packed = flip(file.checkpoint_before(33)[1], 5000)
    damage(path, "UPDATE checkpoints SET state = ? WHERE step = 33", packed)


def alter_seed(path: Path) -> None:
    with closing(RunFile.open(path)) as file:
        recipe = {**json.loads(file._db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()[0])}
    damage(path, "UPDATE about SET value = ? WHERE name = 'recipe'", json.dumps({**recipe, "seed": SEED + 1}))


def alter_change(path: Path) -> None:
    damage(path, "UPDATE changes SET new = 0.0051 WHERE name = 'lr_d'")


def unknown_name(path: Path) -> None:
    damage(path, "UPDATE changes SET name = 'momentum' WHERE name = 'beta1_d'")


def overwrite_page(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        (number,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'checkpoints'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(bytes(size))


ALTERED = [
    (alter_metrics, "metrics of step 45", "the file was altered"),
    (alter_state, "after step 33 are not those", "the file was altered"),
    (damage_state, "checkpoint of step 33 is damaged", "fingerprint"),
    (alter_seed, "after step 0 are not those", "the file was altered"),
    (alter_change, "metrics of step 21", "the file was altered"),
    (unknown_name, "After step 0 the file cannot be read as a run", "momentum"),
    (overwrite_page, "After step 0 the file cannot be read as a run", "malformed"),
]


@pytest.mark.parametrize(("alter", "what", "why"), ALTERED, ids=[alter.__name__ for alter, _, _ in ALTERED])
def test_the_first_difference_is_named(run: Path, alter: object, what: str, why: str) -> None:
    alter(run)  # type: ignore[operator]
    with closing(RunFile.open(run)) as file:
        verdict = verify(file)
    assert not verdict.proved
    assert what in verdict.mismatch
    assert why in verdict.mismatch


def test_another_machine_is_named(run: Path, tmp_path: Path, tiny: Preset) -> None:
    other = {"machine": "a Cray-1, COS", "torch": "0.1", "threads": 1}
    path = record(tmp_path / "other.sqlite", tiny, 20, **other)
    with closing(RunFile.open(path)) as file:
        verdict = verify(file)
    assert verdict.proved
    assert all(word in verdict.note for word in ("a Cray-1, COS", "torch 0.1", str(torch.__version__)))
    assert "threads" not in verdict.note
    alter = Change(5, "lr_g", 0.0, 0.01)
    path = record(tmp_path / "changed.sqlite", tiny, 20, [alter], **other)
    damage(path, "UPDATE changes SET new = 0.02")
    with closing(RunFile.open(path)) as file:
        verdict = verify(file)
    assert "step 5" in verdict.mismatch or "step 6" in verdict.mismatch
    assert verdict.note in verdict.mismatch
    assert "altered" not in verdict.mismatch


def test_the_state_before_a_change_is_that_of_the_checkpoint_whatever_values_it_holds(run: Path, tiny: Preset) -> None:
    """A checkpoint that was written with values of the next step already."""
    with closing(RunFile.open(run)) as file:
        engine = engine_at(file, 20)
        expected = digest(engine.state())
        engine.set(lr_g=0.05)
        packed = pack_state(engine.state())
    damage(run, "UPDATE checkpoints SET state = ? WHERE step = 20", packed)
    with closing(RunFile.open(run)) as file:
        assert digest(engine_at(file, 20).state()) == expected
        assert verify(file).proved


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_proves_a_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(run)], {}) == 0
    text, errors = capsys.readouterr()
    assert errors == ""
    assert text.count("\n") == 1
    assert "60 steps" in text
    assert "5 checkpoints and 60 rows" in text


@pytest.mark.parametrize("how", ["option", "variable", "default"])
def test_the_command_finds_an_id(
    run: Path, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv, environ = ["verify", "run"], {}
    if how == "option":
        argv += ["--runs", str(run.parent)]
    elif how == "variable":
        environ["GANSCOPE_RUNS"] = str(run.parent)
    else:
        (run.parent / "runs").mkdir()
        run.rename(run.parent / "runs" / run.name)
        monkeypatch.chdir(run.parent)
    assert main(argv, environ) == 0
    assert "bit for bit" in capsys.readouterr().out


@pytest.mark.parametrize(("alter", "what", "why"), ALTERED, ids=[alter.__name__ for alter, _, _ in ALTERED])
def test_the_command_says_what_differs(
    run: Path, capsys: pytest.CaptureFixture[str], alter: object, what: str, why: str
) -> None:
    alter(run)  # type: ignore[operator]
    assert main(["verify", str(run)], {}) == 1
    text, errors = capsys.readouterr()
    assert text == ""
    assert errors.count("\n") == 1
    assert what in errors
    assert why in errors


def test_threads_are_those_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide = replace(TINIEST, config=sized(width=80, depth=1, batch=16))
    path = record(tmp_path / "run.sqlite", wide, 3)
    assert main(["verify", str(path), "--threads", "2"], {}) == 0
    assert "with threads: 1, and trained again with threads: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nothing"], "nothing"),
        ([""], "empty"),
        (["."], "no run"),
        ([__file__], "cannot be opened as a run"),
        ([], "RUN"),
        (["x", "--threads", "0"], "threads"),
        (["x", "--runs", ""], "empty"),
    ],
)
def test_a_bad_argument_is_one_line(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["verify", *argv], {})
    text, errors = capsys.readouterr()
    assert text == ""
    assert errors.count("\n") == 1
    assert words in errors


def test_a_run_that_this_machine_cannot_compute_is_one_line(
    tmp_path: Path, tiny: Preset, capsys: pytest.CaptureFixture[str]
) -> None:
    path = record(tmp_path / "run.sqlite", tiny, 2, config=asdict(replace(tiny.config, target="rings")))
    with pytest.raises(SystemExit, match="2"):
        main(["verify", str(path)], {})
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "rings" in errors
