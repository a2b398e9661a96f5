"""A session tells the next step: of a run at rest, which then takes that very step; else it says why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from digest import digest
from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Play, Restart, SetValues
from gan_core.records.outcomes import Refused
from gan_core.rerun.proof import verify
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from sessions import LONG, SMALL, paused_session, send, train


@pytest.fixture
def runs(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def session(runs: RunFolder) -> Iterator[TrainingSession]:
    with paused_session(runs) as session:
        yield session


def numbers_of(session: TrainingSession) -> tuple[dict, dict]:
    told = session.told(LONG)
    assert isinstance(told, bytes)
    header, arrays = wire.decode(told)
    return header, arrays


def test_the_step_comes_as_it_was_told_and_the_run_is_proved(session: TrainingSession, runs: RunFolder) -> None:
    assert send(session, Restart(config={**SMALL, "updates": "2:1"})) is None
    train(session, 6)
    engine = session.trainer.run.engine
    before = digest(engine.state())
    header, arrays = numbers_of(session)
    assert digest(engine.state()) == before
    assert (header["kind"], header["step"], session.status().step) == ("told", 7, 6)
    assert header["run"] == session.status().info.run
    assert [stage["kind"] for stage in header["stages"]] == ["d-batch", "d-update"] * 2 + ["g-batch", "g-move"]
    assert arrays["maps"].shape == (3, header["resolution"], header["resolution"])
    assert arrays["moves"].shape == (1, 16, 6)
    again = session.told(LONG)
    assert isinstance(again, bytes)
    assert all(np.array_equal(arrays[name], other) for name, other in wire.decode(again)[1].items())
    train(session, 1)
    row = wire.decode(session.progress(6, 0))[1]["metrics"][0]
    measured = {**header["stages"][2]["numbers"], **header["stages"][4]["numbers"]}
    names = ("d_loss", "d_accuracy", "g_loss", "g_accuracy")
    assert [measured[name] for name in names] == pytest.approx(row.tolist(), rel=1e-5)
    status = session.status()
    session.close(LONG)
    with closing(RunFile.open(runs.path(status.info.id))) as file:
        assert verify(file).mismatch == ""


def test_a_change_counts_at_once(session: TrainingSession) -> None:
    assert send(session, Restart(config=SMALL)) is None
    slow = numbers_of(session)[0]["stages"][1]["numbers"]
    assert send(session, SetValues({"lr_d": 0.01})) is None
    fast = numbers_of(session)[0]["stages"][1]["numbers"]
    assert fast["gradient"] == slow["gradient"]
    assert fast["change"] == pytest.approx(10 * slow["change"], rel=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        {"consensus": "1"},
        {"optimiser": "extragradient"},
        {"unrolled": "1"},
    ],
    ids=str,
)
def test_what_cannot_be_told_says_why(session: TrainingSession, config: dict[str, str]) -> None:
    assert send(session, Restart(config={**SMALL, **config})) is None
    assert session.told(LONG) == Refused(say("why-not.told"))
    train(session, 1)  # and it goes on


def test_one_network_alone_is_not_told(session: TrainingSession) -> None:
    assert send(session, Restart(preset="generator-capacity", config=SMALL)) is None
    assert session.told(LONG) == Refused(say("why-not.told"))


def test_while_it_trains_nothing_is_told(session: TrainingSession) -> None:
    assert send(session, Restart(config=SMALL)) is None
    assert send(session, Play()) is None
    assert session.told(LONG) == Refused(say("refusal.told-paused"))


def test_what_is_not_finite_is_refused_and_the_run_is_as_it_was(session: TrainingSession) -> None:
    assert send(session, Restart(config=SMALL)) is None
    engine: GANEngine = session.trainer.run.engine
    engine.discriminator.parameters_flat.fill_(torch.inf)
    assert session.told(LONG) == Refused(say("refusal.told-not-finite", step=1))
    assert session.status().error is None
