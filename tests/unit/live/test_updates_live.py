"""Updates of D and of G in a step, changed in a session: in the log, or refused with a sentence and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torch

from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Pause, Repeat, Restart, SetValues, StepOnce
from gan_core.records.steps import Change, InForce
from gan_core.rerun.proof import verify
from sessions import LONG, SMALL, paused_session, send, train


@pytest.fixture
def runs(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def session(runs: RunFolder) -> Iterator[TrainingSession]:
    with paused_session(runs) as session:
        yield session


def test_a_change_is_in_the_log_and_the_run_is_proved(session: TrainingSession, runs: RunFolder) -> None:
    assert send(session, Restart(config={**SMALL, "updates": "1:2"})) is None
    train(session, 5)
    assert send(session, SetValues({"updates_d": 3.0})) is None
    train(session, 5)
    status = session.status()
    assert (status.values["updates_d"], status.values["updates_g"]) == (InForce(3.0, 6), InForce(2.0, 1))
    session.close(LONG)
    with closing(RunFile.open(runs.path(status.info.id))) as file:
        assert file.changes() == [Change(6, "updates_d", 1.0, 3.0)]
        assert verify(file).mismatch == ""


@pytest.mark.parametrize("config", [{"consensus": "1"}, {"optimiser": "extragradient"}], ids=str)
def test_steps_of_both_at_once_have_one_update_of_each(session: TrainingSession, config: dict[str, str]) -> None:
    sentence = "Extragradient, consensus and descent at once are steps of both players at once: updates must be 1:1."
    assert send(session, Restart(config={**SMALL, **config})) is None
    train(session, 3)
    before = session.status()
    changes = (Change(2, "updates_g", 1.0, 2.0),)
    for refused in (
        SetValues({"updates_d": 2.0, "lr_g": 0.01}),
        Restart(config={"updates": "2:1"}),
        Repeat("quick", 3, changes, 5, {**SMALL, **config}),
    ):
        assert send(session, refused) == sentence
    after = session.status()
    assert (after.info, after.step, after.values, after.changes) == (before.info, 3, before.values, 0)
    train(session, 2)  # and it goes on


@pytest.mark.parametrize(("only", "still"), [("d", "generator"), ("g", "discriminator")])
def test_one_player_alone_for_some_steps_is_in_the_log_and_the_run_is_proved(
    session: TrainingSession, runs: RunFolder, only: str, still: str
) -> None:
    assert send(session, Restart(config={**SMALL, "updates": "2:3"})) is None
    train(session, 4)
    engine = session.trainer.run.engine
    before = getattr(engine, still).parameters_flat.clone()
    assert send(session, StepOnce(6, only)) is None
    while session.status().values[f"updates_{'g' if only == 'd' else 'd'}"].value == 0:
        send(session, SetValues({}))
    assert session.status().step == 10
    assert torch.equal(getattr(engine, still).parameters_flat, before)
    train(session, 3)
    assert not torch.equal(getattr(engine, still).parameters_flat, before)
    name, value = ("updates_g", 3.0) if only == "d" else ("updates_d", 2.0)
    status = session.status()
    session.close(LONG)
    with closing(RunFile.open(runs.path(status.info.id))) as file:
        assert file.changes() == [Change(5, name, value, 0.0), Change(11, name, 0.0, value)]
        assert verify(file).mismatch == ""


def test_from_one_alone_to_the_other_the_log_never_has_both_at_rest(session: TrainingSession, runs: RunFolder) -> None:
    assert send(session, Restart(config={**SMALL, "updates": "0:1"})) is None
    train(session, 3)
    assert send(session, SetValues({"updates_g": 0.0, "updates_d": 1.0})) is None
    train(session, 3)
    assert send(session, SetValues({"updates_d": 0.0})) == (
        "Updates of 0:0 would train nothing: one of updates_d and updates_g must be above 0."
    )
    train(session, 2)
    run = session.status().info.id
    session.close(LONG)
    with closing(RunFile.open(runs.path(run))) as file:
        assert file.changes() == [Change(4, "updates_d", 0.0, 1.0), Change(4, "updates_g", 1.0, 0.0)]
        assert verify(file).mismatch == ""


def test_what_was_changed_meanwhile_stays_so(session: TrainingSession) -> None:
    assert send(session, Restart(config=SMALL)) is None
    assert send(session, StepOnce(1000, "g")) is None
    assert send(session, SetValues({"updates_d": 2.0})) is None
    assert send(session, Pause()) is None
    send(session, SetValues({}))
    assert session.status().values["updates_d"].value == 2.0
    assert send(session, StepOnce(1000, "g")) is None
    assert send(session, Pause()) is None
    send(session, SetValues({}))
    values = session.status().values
    assert (values["updates_d"].value, values["updates_g"].value) == (2.0, 1.0)


def test_both_at_once_have_no_turns(session: TrainingSession) -> None:
    assert send(session, Restart(config={**SMALL, "consensus": "1"})) is None
    refusal = "Extragradient, consensus and descent at once are steps of both players at once: updates must be 1:1."
    assert send(session, StepOnce(5, "d")) == refusal
    assert session.status().step == 0
