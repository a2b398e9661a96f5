"""Runs of every form so far (tests/recorded/README.md): listed, shown, resumed, branched, verified, given and taken.

What needs the arithmetic of the processor that recorded them is not asked for: see `test_verify_says_what_it_can`.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digest import digest
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.view import Archive
from gan_core.live.session import TrainingSession
from gan_core.recording.file.checkpoint import pack_state, unpack_state
from gan_core.recording.file.database import VERSION
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import resume
from gan_core.recording.stored import StoredRuns
from gan_core.records.commands import Branch, Open, Pause, SetValues, StepOnce
from gan_core.records.ending import ending_words
from gan_core.records.library import DamagedRun, RunSummary
from gan_core.records.readings import PLACE, READINGS
from gan_core.records.status import Phase
from gan_core.records.steps import Change, InForce
from gan_core.rerun.process import Reruns
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import Replay
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import YOUNGER_CONFIG, YOUNGER_VALUES, read_config
from gan_core.system.machine import machine
from gan_core.wire import frames as wire
from gan_core.wire.envelope import envelope
from sessions import LONG, paused_session, send
from web_client import Client

RECORDED = Path(__file__).parents[2] / "recorded"
FILES = sorted(RECORDED.glob("*.sqlite"))
RUN = "20260101-000000-abcdef"
STEPS = 40
CHANGES = [Change(21, "lr_g", 2e-4, 5e-4), Change(21, "beta1_d", 0.5, 0.7)]
VALUES = {"lr_g": InForce(5e-4, 21), "lr_d": InForce(1e-3, 1), "beta1_g": InForce(0.5, 1), "beta1_d": InForce(0.7, 21)}
HEADERS, BINARY = {"Host": "127.0.0.1"}, "application/octet-stream"

YOUNGER = {"config": YOUNGER_CONFIG, "values": YOUNGER_VALUES}
# The others have a sentence, which is shown as it is.
OUTCOME_BY_KEY = {
    "format-3-outcome-by-key",
    "format-3-four-values",
    "format-3-updates-as-a-field",
    "format-3-before-sweeps",
}

READINGS_OF = {
    "format-2-fewer-readings": 13,
    "format-3-updates-as-a-field": 19,
    "format-3-before-sweeps": 24,
}  # numbers in each; 14 in the others that have any
WITHOUT_READINGS = {"format-1-before-tasks", "format-1"}

EACH = pytest.mark.parametrize("form", [path.stem for path in FILES])


@pytest.fixture
def runs(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs")


@pytest.fixture
def path(form: str, runs: RunFolder) -> Path:
    """A copy of the file of this form, in a folder of runs."""
    runs.folder.mkdir()
    return Path(shutil.copy(RECORDED / f"{form}.sqlite", runs.path(RUN)))


@pytest.fixture
def session(runs: RunFolder) -> Iterator[TrainingSession]:
    with paused_session(runs) as session:
        yield session


def settle(session: TrainingSession, step: int) -> None:
    while session.status().step < step or session.status().phase is Phase.RERUNNING:
        assert session.status().phase is not Phase.FAILED, session.status().error
        send(session, SetValues({}))


@pytest.fixture
def http(runs: RunFolder, session: TrainingSession) -> Iterator[Client]:
    server, reruns = Application(), Reruns()
    guard(server)
    add_routes(server, session)
    add_run_routes(server, session, Archive(Library(runs.folder), StoredRuns(runs), reruns))
    yield Client(server)
    reruns.close()


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is in a file, read without any of the program's code."""
    with closing(sqlite3.connect(path)) as db:
        columns = {"changes": "step, name, old, new", "frames": "*", "checkpoints": "step, fingerprint"}
        found = {table: db.execute(f"SELECT {of} FROM {table} ORDER BY 1").fetchall() for table, of in columns.items()}
        blocks = db.execute("SELECT rows FROM metrics ORDER BY first").fetchall()
    return {**found, "metrics": [(blob[: len(blob) // 16 * 16],) for (blob,) in blocks]}


def raw_recipe(path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(path)) as db:
        return dict(json.loads(db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()[0]))


# -- the files themselves ----------------------------------------------------------------------------------------------


def test_each_file_is_described_and_small() -> None:
    described = re.findall(r"^\| `([^`]*\.sqlite)`", (RECORDED / "README.md").read_text(), re.MULTILINE)
    assert described == [path.name for path in FILES]
    assert all(path.stat().st_size < 700_000 for path in FILES)


def test_there_is_one_of_the_oldest_form_and_one_of_each_format() -> None:
    """Every field that the oldest one lacks has a meaning there."""
    formats = set()
    for path in FILES:
        with closing(sqlite3.connect(path)) as db:
            formats.add(db.execute("PRAGMA user_version").fetchone()[0])
    assert formats == set(range(1, VERSION + 1))
    oldest = raw_recipe(RECORDED / "format-1-before-tasks.sqlite")
    known = {field.name for field in fields(GANConfig)}
    assert {*oldest["config"], *YOUNGER_CONFIG} - known == {
        "width",
        "depth",
        "leak",
        "beta2",
        "epsilon",
    }  # in the place of networks and optimisers
    assert known - {*oldest["config"], *YOUNGER_CONFIG} == {"generator", "discriminator", "optimiser_g", "optimiser_d"}
    assert {*oldest["values"], *YOUNGER_VALUES} == {field.name for field in fields(HyperParameters)}
    assert not {*oldest["config"]} & {*YOUNGER_CONFIG}
    assert not {*oldest["values"]} & {*YOUNGER_VALUES}


# -- opened and shown --------------------------------------------------------------------------------------------------


@EACH
def test_it_is_listed(form: str, path: Path, runs: RunFolder) -> None:
    (listed,) = Library(runs.folder).runs()
    assert isinstance(listed, RunSummary)
    assert (listed.steps, listed.changes, listed.frames, listed.recipe.id) == (STEPS, 2, 5, RUN)
    assert set(listed.recipe.config) == {field.name for field in fields(GANConfig)}
    assert listed.recipe.config["task"] == "gan"
    assert isinstance(listed.outcome, str) is (form not in OUTCOME_BY_KEY)
    assert ending_words(listed.outcome).startswith("coverage ")


@EACH
def test_it_is_shown(form: str, path: Path, runs: RunFolder) -> None:
    shown = StoredRuns(runs)
    status = shown.status(RUN)
    assert (status.step, status.frames, status.changes, status.phase) == (STEPS, 5, 2, Phase.PAUSED)
    assert {name: status.values[name] for name in VALUES} == VALUES
    header, arrays = wire.decode(shown.progress(RUN, 0, 0))
    assert arrays["metrics"].shape == (STEPS, 4)
    assert arrays["metrics"].tobytes() == contents(path)["metrics"][0][0]
    assert arrays["kept"].tolist() == [0, 10, 20, 30, 40]
    assert header["changes"] == [[c.step, c.name, c.old, c.new] for c in CHANGES]
    assert [event[:2] for event in header["events"] if event[1] == "change"]
    # What was not read when it was recorded is no number.
    readings, known = arrays["readings"], READINGS_OF.get(form, 14)
    assert readings.shape == (0 if form in WITHOUT_READINGS else 5, len(READINGS))
    assert np.isnan(readings[:, known:]).all()
    assert np.isfinite(readings[:, PLACE["coverage"]]).all()
    for step in (0, 10, 20, 30, 40):
        frame = wire.decode(shown.frame(RUN, step) or b"")
        assert (frame[0]["step"], frame[0]["kept"], frame[0]["run"]) == (step, True, status.info.run)
        assert frame[1]["latent_map"].shape == (frame[0]["resolution"],) * 2
    assert wire.decode(shown.points(RUN))[1]["reals"].shape[1] == 2


# -- gone on with ------------------------------------------------------------------------------------------------------


@EACH
def test_it_is_resumed_where_it_stopped(path: Path) -> None:
    with closing(RunFile.open(path)) as file:
        run = resume(file, 7)
        _, packed = file.checkpoint_before(STEPS)
        begun = unpack_state(packed, read_config(file.recipe.config), file.recipe.values)
    assert (run.engine.steps, run.journey.known, run.journey.goal, run.number) == (STEPS, STEPS, STEPS, 7)
    assert run.arrived()
    assert run.journey.take_due(STEPS) == []
    assert {name: run.values[name] for name in VALUES} == VALUES
    assert {name: getattr(run.engine.values, name) for name in VALUES} == {n: v.value for n, v in VALUES.items()}
    assert digest(run.engine.state()) == digest(begun)
    assert run.history.metrics.rows == STEPS
    assert run.history.kept_steps() == [0, 10, 20, 30, 40]
    assert all(metrics.is_finite() for metrics in run.engine.advance(5))


@EACH
def test_the_session_goes_on_with_it(path: Path, runs: RunFolder, session: TrainingSession) -> None:
    before = contents(path)
    assert send(session, Open(RUN)) is None
    settle(session, STEPS)
    assert {name: session.status().values[name] for name in VALUES} == VALUES
    assert send(session, SetValues({"lr_d": 2e-3})) is None
    assert send(session, StepOnce(5)) is None
    settle(session, STEPS + 5)
    assert send(session, Pause()) is None
    session.close(LONG)
    with closing(RunFile.open(path)) as file:
        assert (file.last_step(), file.rows()) == (STEPS + 5, STEPS + 5)
        assert file.changes() == [*CHANGES, Change(STEPS + 1, "lr_d", 1e-3, 2e-3)]
        assert file.metrics(0, STEPS).tobytes() == before["metrics"][0][0]
        assert set(before["frames"]) <= set(contents(path)["frames"])
        assert isinstance(Library(runs.folder).runs()[0], RunSummary)


@EACH
@pytest.mark.parametrize("step", [30, STEPS])
def test_a_branch_of_it_is_begun(path: Path, runs: RunFolder, session: TrainingSession, step: int) -> None:
    assert send(session, Branch(RUN, step)) is None
    settle(session, step)
    info = session.status().info
    assert (info.parent, info.parent_step, session.status().phase) == (RUN, step, Phase.PAUSED)
    assert session.status().values["lr_g"] == VALUES["lr_g"]
    session.close(LONG)
    with closing(RunFile.open(runs.path(info.id))) as file:
        assert file.metrics().tobytes() == contents(path)["metrics"][0][0][: 16 * step]
        assert raw_recipe(file.path)["config"] == dict(file.recipe.config)  # it is written in today's form
        assert file.recipe.config["task"] == "gan"


# -- verified ----------------------------------------------------------------------------------------------------------


@EACH
def test_verify_says_what_it_can(path: Path) -> None:
    """Whichever processor this is, it is not the one that is named: bits may differ, the file is not to blame."""
    reports: list[tuple[int, int]] = []
    with closing(RunFile.open(path)) as file:
        verdict = verify(file, lambda done, total: reports.append((done, total)) is None)
        named = file.recipe.machine
    assert reports[0] == (0, STEPS)
    assert f"on {named}" in verdict.note
    assert machine() in verdict.note
    if verdict.proved:
        assert (verdict.steps, verdict.rows) == (STEPS, STEPS)
    else:
        assert re.match(r"The (metrics of|weights, moments or random streams after) step \d+ ", verdict.mismatch)
        assert verdict.mismatch.endswith(verdict.note)


@EACH
def test_a_step_with_a_checkpoint_is_visited_to_the_last_bit(path: Path) -> None:
    with closing(RunFile.open(path)) as file:
        replay = Replay(file.recipe)
        for step in file.checkpoint_steps():
            replay.go_to(file, step)
            assert digest(without_values(replay.engine.state())) == digest(
                without_values(unpack_state(file.checkpoint_before(step)[1], replay.engine.config, file.recipe.values))
            )


def without_values(state: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in state.items() if name != "values"}


# -- given away and taken in -------------------------------------------------------------------------------------------


@EACH
def test_it_is_downloaded_and_uploaded(path: Path, http: Client, runs: RunFolder, tmp_path: Path) -> None:
    download = tmp_path / "download"
    answer = http.get(f"/api/runs/{RUN}/file", headers=HEADERS)
    assert answer.status_code == 200
    download.write_bytes(answer.data)
    assert contents(download) == contents(path)
    answer = http.post("/api/runs", headers=HEADERS, data=download.read_bytes(), content_type=BINARY)
    assert answer.status_code == 200, answer.get_json()
    taken = runs.path(answer.get_json()["id"])
    assert contents(taken) == contents(path)
    recipe, before = raw_recipe(taken), raw_recipe(path)
    assert set(recipe["config"]) == {field.name for field in fields(GANConfig)}  # today's form
    assert read_config(before["config"]) == read_config(recipe["config"])
    assert {**recipe["values"], **before["values"]} == recipe["values"]
    with closing(RunFile.open(taken)) as file:
        for step in file.checkpoint_steps():
            _, packed = file.checkpoint_before(step)
            assert pack_state(unpack_state(packed, read_config(recipe["config"]))) == packed


# -- what is newer -----------------------------------------------------------------------------------------------------


def of_recipe(**changed: Any) -> tuple[str, tuple[Any, ...]]:
    recipe = raw_recipe(RECORDED / "format-3.sqlite")
    whole = {name: {**recipe[name], **part} if isinstance(part, dict) else part for name, part in changed.items()}
    return "UPDATE about SET value = ? WHERE name = 'recipe'", (json.dumps({**recipe, **whole}),)


def of_checkpoint() -> tuple[str, tuple[Any, ...]]:
    with closing(sqlite3.connect(RECORDED / "format-3.sqlite")) as db:
        packed = db.execute(f"SELECT state FROM checkpoints WHERE step = {STEPS}").fetchone()[0]
    length = int.from_bytes(packed[4:8], "little")
    header = json.loads(packed[8 : 8 + length])
    header["values"]["momentum"] = 0.5
    return f"UPDATE checkpoints SET state = ? WHERE step = {STEPS}", (envelope(header, packed[8 + length :]),)


NEWER = {
    "format": (f"PRAGMA user_version = {VERSION + 1}", ()),
    "recipe": of_recipe(momentum=0.5),
    "config": of_recipe(config={"momentum": 0.5}),
    "values": of_recipe(values={"momentum": 0.5}),
    "out of range": of_recipe(values={"lr_g": 7.0}),
    "wrong type": of_recipe(config={"width": "wide"}),
    "target": of_recipe(config={"target": "momentum"}),
    "objective": of_recipe(config={"objective": "momentum"}),
    "task": of_recipe(config={"task": "momentum"}),
    "change": ("UPDATE changes SET name = 'momentum' WHERE number = 2", ()),
    "change out of range": ("UPDATE changes SET new = 7.0 WHERE name = 'lr_g'", ()),
    "checkpoint": of_checkpoint(),
}


@pytest.mark.parametrize("what", NEWER)
def test_what_is_newer_or_wrong_is_refused_with_a_sentence(
    runs: RunFolder, session: TrainingSession, http: Client, what: str
) -> None:
    """Wherever somebody meets it; a run whose pictures can be shown is shown all the same."""
    runs.folder.mkdir(exist_ok=True)
    path = Path(shutil.copy(RECORDED / "format-3.sqlite", runs.path(RUN)))
    with closing(sqlite3.connect(path)) as db:
        db.execute(*NEWER[what])
        db.commit()
    said = [send(session, Open(RUN))]
    for answer in (
        http.post("/api/runs", headers=HEADERS, data=path.read_bytes(), content_type=BINARY),
        *(http.get(f"/api/runs/{RUN}/{part}", headers=HEADERS) for part in ("status", "progress", "points")),
    ):
        if answer.status_code != 200:
            assert answer.status_code == 400
            said.append(answer.get_json()["error"])
    said += [run.error for run in Library(runs.folder).runs() if isinstance(run, DamagedRun)]
    word = {
        "out of range": "lr_g",
        "change out of range": "lr_g",
        "wrong type": "width",
        "format": "newer GANscope",
    }.get(what, "momentum")
    assert len(said) >= 2
    for sentence in said:
        assert sentence is not None
        assert word in sentence
        assert re.fullmatch(r"[A-Z0-9].*[a-z0-9)]\.", sentence), sentence
    assert (session.status().info.preset, session.status().step) == ("quick", 0)  # it is the one of before


def test_updates_that_were_a_field_are_values(runs: RunFolder) -> None:
    """And trained as many of each as they said: the optimisers of the last checkpoint have counted them."""
    with closing(RunFile.open(RECORDED / "format-3-updates-as-a-field.sqlite")) as file:
        assert raw_recipe(file.path)["config"]["updates"] == "2:1"
        assert (file.recipe.values["updates_d"], file.recipe.values["updates_g"]) == (2, 1)
        state = resume(file).engine.state()
        assert (state["adam_d"]["updates"], state["adam_g"]["updates"]) == (2 * STEPS, STEPS)
        verdict = verify(file)
        assert verdict.proved or "on the machine that recorded this" in verdict.note


def test_a_whole_recipe_is_written_and_read_as_it_is(runs: RunFolder) -> None:
    with closing(RunFile.open(RECORDED / "format-3-networks-in-words.sqlite")) as file:
        raw = raw_recipe(file.path)
        assert raw["config"].pop("updates") == "1:1"  # two values by now
        since = {name: {**younger, **raw[name]} for name, younger in YOUNGER.items()}
        # No run was made of something else then from some step on, or came from a sweep.
        assert asdict(file.recipe) == {**raw, **since, "changed_at": None, "config_before": None, "sweep": None}
