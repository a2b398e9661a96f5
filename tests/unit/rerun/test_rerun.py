"""Steps trained again in a process of their own: the process itself, and what it does held against a straight run."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.looking.probe import LIVE_POINTS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.recording.file.checkpoint import pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.frames import Moment
from gan_core.records.outcomes import Cancelled, Refused, Verdict, Working
from gan_core.records.steps import Change, StepMetrics
from gan_core.rerun import worker as rerun_worker
from gan_core.rerun.process import HELD, Outcome, Reruns
from gan_core.rerun.worker import Worker
from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.plane import Plane
from gan_core.setup.presets import Preset
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from recorded import engine_of, recipe_of, record

ROOT = Path(__file__).parents[3]
TINIEST = Preset("tiniest", sized(width=4, depth=1, batch=4), HyperParameters())
CHANGES = (Change(11, "lr_g", 2e-4, 1e-2),)
LONG = 60.0  # seconds; a test waits for a condition, and this long for one that never comes
ENDLESS = 10**8 + 1  # steps: an hour's work, more than any test waits for


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("runs") / "run.sqlite", TINIEST, 30, CHANGES, (20,))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that says so many steps were trained; of what they gave it holds two rows, and those are wrong."""
    path = tmp_path_factory.mktemp("runs") / "endless.sqlite"
    file = RunFile.create(path, recipe_of(TINIEST))
    with file.transaction():
        file.add_checkpoint(0, pack_state(engine_of(TINIEST).state()))
        file.add_metrics([StepMetrics(step, 0.0, 0.0, 0.0, 0.0) for step in (1, 2)])
    file.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE about SET value = ? WHERE name = 'stride'", (str(ENDLESS - 1),))
        db.commit()
    return path


def check_frame(payload: object, step: int, resolution: int, points: int) -> dict[str, Any]:
    """Hold a frame against a look at a straight run."""
    assert isinstance(payload, bytes), payload
    engine = engine_of(TINIEST)
    for number in range(1, step + 1):
        for change in CHANGES:
            if change.step == number:
                engine.set(**{change.name: change.new})
        engine.step()
    probe = Probe(engine.config, engine.compute.device)
    moment = Moment(7, step, 0.0)
    frame = probe.look(engine.generator, engine.discriminator, moment, resolution=resolution, points=points)
    expected, arrays = wire.decode(wire.encode_frame(frame, version=0, trail=[frame.trail_point], kept=True))
    header, found = wire.decode(payload)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
    assert header == {**expected, "exact": True, "verified": header["verified"]}
    assert (header["step"], header["run"], header["resolution"]) == (step, 7, resolution)
    return header


# -- the worker, in this process ---------------------------------------------------------------------------------------


class Script:
    """A pipe through which `said` comes in, each message once `after` that many looks at the pipe; then its end."""

    def __init__(self, *said: tuple[int, dict[str, Any]]) -> None:
        self.said = list(said)
        self.looks = 0
        self.replies: list[Any] = []

    def poll(self) -> bool:
        self.looks += 1
        return bool(self.said) and self.said[0][0] <= self.looks

    def recv_bytes(self) -> bytes:
        if not self.said:
            raise EOFError
        return json.dumps(self.said.pop(0)[1]).encode()

    def send_bytes(self, buf: bytes) -> None:
        self.replies.append(buf if buf.startswith(b"GSC1") else json.loads(buf))


def visit(path: Path, step: int, ticket: str = "a", resolution: int = 50) -> dict[str, Any]:
    return {"do": "visit", "ticket": ticket, "path": str(path), "step": step, "resolution": resolution, "run": 7}


def serve(*said: tuple[int, dict[str, Any]]) -> list[Any]:
    """Let a worker answer until the pipe ends. Returns its replies, frames included."""
    pipe = Script(*said)
    with pytest.raises(EOFError):
        Worker(pipe).serve()
    return pipe.replies


def ends(replies: list[Any]) -> list[tuple[str, str]]:
    return [(r["ticket"], r["is"]) for r in replies if isinstance(r, dict) and r["is"] != "working"]


def frames_of(replies: list[Any]) -> list[bytes]:
    return [reply for reply in replies if isinstance(reply, bytes)]


@pytest.fixture
def _listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker looks at the pipe, and says how far it is, at every block of steps."""
    monkeypatch.setattr(rerun_worker, "_LISTEN", 0.0)
    monkeypatch.setattr(rerun_worker, "_TELL", 0.0)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every number of steps that an engine is told to train."""
    counts: list[int] = []
    advance = GANEngine.advance

    def counting(engine: GANEngine, count: int) -> list[StepMetrics]:
        counts.append(count)
        return advance(engine, count)

    monkeypatch.setattr(GANEngine, "advance", counting)
    return counts


def test_the_same_step_sharper_and_the_next_step_cost_nothing_again(run: Path, trained: list[int]) -> None:
    replies = serve((0, visit(run, 28)), (0, visit(run, 28, "b", SHARP_RESOLUTION)), (0, visit(run, 29, "c")))
    frames = frames_of(replies)
    assert sum(trained) == 9  # 20 to 28, and one more
    for frame, step, resolution, points in zip(
        frames, (28, 28, 29), (50, SHARP_RESOLUTION, 50), (LIVE_POINTS, POINTS, LIVE_POINTS), strict=True
    ):
        assert check_frame(frame, step, resolution, points)["verified"] is True


def test_a_step_is_visited_on_a_turned_plane(tmp_path: Path) -> None:
    preset = Preset("wide", sized(width=4, depth=1, batch=4, latent_dim=3), HyperParameters())
    path = record(tmp_path / "run.sqlite", preset, 6)
    asked = visit(path, 5) | {"plane": [1, 3, 2, 25.0]}
    (payload,) = frames_of(serve((0, asked)))
    engine = engine_of(preset)
    engine.advance(5)
    probe, moment = Probe(engine.config, engine.compute.device), Moment(7, 5, 0.0)
    how = {"resolution": 50, "points": LIVE_POINTS, "plane": Plane(1, 3, 2, 25.0)}
    expected = probe.look(engine.generator, engine.discriminator, moment, **how)
    found = wire.read_frame(payload, 7)
    assert found.plane == expected.plane
    for name in ("latent_map", "fakes", "image", "latents"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_a_plane_that_a_run_has_not_is_refused(run: Path) -> None:
    (refusal,) = serve((0, visit(run, 2) | {"plane": [1, 3, 2, 25.0]}))
    assert (refusal["is"], refusal["sentence"]) == ("refused", say("refusal.no-plane", dim=2))


def test_another_run_of_the_same_name_is_not_taken_for_the_first(run: Path, tmp_path: Path) -> None:
    """A file that was replaced meanwhile, its recipe differing."""
    path = record(tmp_path / "run.sqlite", TINIEST, 30, created=5.0)
    pipe = Script((0, visit(path, 30)))
    worker = Worker(pipe)
    with pytest.raises(EOFError):
        worker.serve()
    path.unlink()
    path.write_bytes(run.read_bytes())
    pipe.said = [(0, visit(path, 30, "b"))]
    with pytest.raises(EOFError):
        worker.serve()
    check_frame(pipe.replies[-1], 30, 50, LIVE_POINTS)


@pytest.mark.usefixtures("_listening")
def test_progress_is_said_at_every_block(run: Path) -> None:
    replies = serve((0, visit(run, 19)))
    said = [(r["done"], r["total"]) for r in replies if isinstance(r, dict) and r["is"] == "working"]
    assert said[0] == (0, 19)
    assert said[-1] == (19, 19)
    assert [done for done, _ in said] == sorted({done for done, _ in said})


@pytest.mark.usefixtures("_listening")
def test_a_visit_is_cancelled_between_two_blocks(endless: Path, trained: list[int]) -> None:
    replies = serve((0, visit(endless, ENDLESS)), (5, {"do": "cancel", "ticket": "a"}), (0, visit(endless, 3, "b")))
    assert ends(replies) == [("a", "cancelled"), ("b", "frame")]
    assert sum(trained) < 100


@pytest.mark.usefixtures("_listening")
def test_a_visit_does_not_wait_for_a_verify(run: Path, endless: Path) -> None:
    replies = serve(
        (0, {"do": "verify", "ticket": "v", "path": str(run)}),
        (3, visit(endless, 9)),
        (3, visit(run, 24, "b")),
        (3, {"do": "verify", "ticket": "w", "path": str(run)}),
    )
    assert ends(replies) == [("a", "frame"), ("b", "frame"), ("v", "verdict"), ("w", "verdict")]
    check_frame(frames_of(replies)[1], 24, 50, LIVE_POINTS)
    for verdict in replies:
        if isinstance(verdict, dict) and verdict["is"] == "verdict":
            assert (verdict["mismatch"], verdict["rows"], verdict["checkpoints"]) == ("", 30, 3)


@pytest.mark.usefixtures("_listening")
def test_a_verify_can_be_cancelled(run: Path, tmp_path: Path, trained: list[int]) -> None:
    path = record(tmp_path / "longer.sqlite", TINIEST, 2000)
    trained.clear()
    replies = serve(
        (0, {"do": "verify", "ticket": "v", "path": str(path)}),
        (4, {"do": "cancel", "ticket": "v"}),
        (0, visit(run, 1)),
    )
    assert ends(replies) == [("a", "frame"), ("v", "cancelled")]
    assert sum(trained) < 100


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (visit(Path("/nowhere/run.sqlite"), 1), "no such run"),
        (visit(Path(__file__), 1), "cannot be opened as a run"),
        ({**visit(Path(), 31), "path": None}, "from step 0 to 30"),
    ],
    ids=["missing", "no-run", "too-far"],
)
def test_what_cannot_be_is_a_sentence(run: Path, request_: dict[str, Any], words: str) -> None:
    asked = {**request_, "path": request_["path"] or str(run)}
    first, *more = serve((0, asked), (0, visit(run, 1, "b")))
    assert first["is"] == "refused"
    assert words in first["sentence"]
    assert ends(more) == [("b", "frame")]


def test_a_step_that_differs_from_what_is_recorded_says_so(endless: Path) -> None:
    """The file's metrics are all 0."""
    header, _ = wire.decode(frames_of(serve((0, visit(endless, 5))))[0])
    assert header["verified"] is False
    assert header["exact"] is True


# -- the process -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reruns() -> Iterator[Reruns]:
    """One process for the tests that do not end it."""
    reruns = Reruns()
    yield reruns
    reruns.close()


@pytest.fixture
def own_reruns() -> Iterator[Reruns]:
    reruns = Reruns()
    yield reruns
    reruns.close()


def result(
    reruns: Reruns, ticket: str, until: Callable[[Outcome], bool] = lambda o: not isinstance(o, Working)
) -> Outcome:
    """Wait until the request has come so far."""
    for _ in range(int(LONG / 0.02)):
        outcome = reruns.result(ticket, 0.02)
        if until(outcome):
            return outcome
    raise AssertionError(f"{ticket} stayed {outcome}")


def begun(outcome: Outcome) -> bool:
    assert isinstance(outcome, Working)
    return outcome.done > 0


@pytest.mark.slow
def test_a_visit_and_a_verify(reruns: Reruns, run: Path) -> None:
    ticket, proof = reruns.visit("one", run, 15, 50, 7), reruns.verify("one", run)
    assert check_frame(result(reruns, ticket), 15, 50, LIVE_POINTS)["verified"] is True
    assert result(reruns, ticket) == result(reruns, ticket)  # it may be asked for again
    assert result(reruns, proof) == Verdict(30, 3, 30, "", "")


def test_a_newer_visit_replaces_the_older_one_of_the_same_client(reruns: Reruns, run: Path, endless: Path) -> None:
    old = reruns.visit("one", endless, ENDLESS, 50, 7)
    result(reruns, old, begun)
    new = reruns.visit("one", run, 12, 50, 7)
    assert isinstance(reruns.result(old, 0), Cancelled)
    check_frame(result(reruns, new), 12, 50, LIVE_POINTS)
    assert isinstance(reruns.result(old, 0), Cancelled)


def test_clients_wait_for_each_other_and_a_cancelled_one_is_passed_over(
    reruns: Reruns, run: Path, endless: Path
) -> None:
    first = reruns.visit("one", endless, ENDLESS, 50, 7)
    result(reruns, first, begun)
    second, third = reruns.visit("two", endless, ENDLESS, 50, 7), reruns.visit("three", run, 2, 50, 7)
    assert reruns.result(third, 0) == Working(0, 0)
    reruns.cancel(second)
    assert isinstance(reruns.result(second, 0), Cancelled)
    assert isinstance(reruns.result(first, 0), Working)
    reruns.cancel(first)
    check_frame(result(reruns, third), 2, 50, LIVE_POINTS)


def test_a_visit_of_another_client_overtakes_a_verify(reruns: Reruns, run: Path, tmp_path: Path) -> None:
    path = record(tmp_path / "longer.sqlite", TINIEST, 5000)
    proof = reruns.verify("one", path)
    result(reruns, proof, begun)
    check_frame(result(reruns, reruns.visit("two", run, 3, 50, 7)), 3, 50, LIVE_POINTS)
    assert result(reruns, proof) == Verdict(5000, 2, 5000, "", "")


def test_the_last_results_are_held(reruns: Reruns, tmp_path: Path) -> None:
    tickets = [reruns.visit("one", tmp_path / "none", 1, 50, 7)]
    for _ in range(HELD):
        assert isinstance(result(reruns, tickets[-1]), Refused)
        tickets.append(reruns.visit("one", tmp_path / "none", 1, 50, 7))
    result(reruns, tickets[-1])
    assert isinstance(reruns.result(tickets[0], 0), Cancelled)
    assert all(isinstance(reruns.result(ticket, 0), Refused) for ticket in tickets[1:])


def test_a_ticket_that_nobody_has(reruns: Reruns) -> None:
    assert isinstance(reruns.result("0" * 16, LONG), Cancelled)


@pytest.mark.slow
def test_a_killed_process_is_a_sentence_and_the_next_request_starts_another(
    own_reruns: Reruns, run: Path, endless: Path
) -> None:
    ticket = own_reruns.visit("one", endless, ENDLESS, 50, 7)
    waiting = own_reruns.visit("two", run, 4, 50, 7)
    result(own_reruns, ticket, begun)
    assert own_reruns._child is not None
    process = own_reruns._child.process
    assert os.getpriority(os.PRIO_PROCESS, process.pid or 0) > os.getpriority(os.PRIO_PROCESS, 0)
    process.kill()
    refused = result(own_reruns, ticket)
    assert isinstance(refused, Refused)
    assert "ended unexpectedly" in refused.sentence
    check_frame(result(own_reruns, waiting), 4, 50, LIVE_POINTS)  # by the next one
    assert own_reruns._child.process is not process


def test_closing_ends_it_at_once(own_reruns: Reruns, endless: Path) -> None:
    ticket = own_reruns.visit("one", endless, ENDLESS, 50, 7)
    assert own_reruns._child is not None
    process = own_reruns._child.process
    own_reruns.close()
    assert process.exitcode == -signal.SIGKILL
    assert isinstance(own_reruns.result(ticket, LONG), Cancelled)
    assert isinstance(own_reruns.result(own_reruns.visit("one", endless, 1, 50, 7), LONG), Cancelled)
    own_reruns.close()


@pytest.mark.slow
def test_the_process_starts_once_at_the_first_request_or_when_it_is_warmed(own_reruns: Reruns, run: Path) -> None:
    assert own_reruns._child is None
    own_reruns.warm()
    child = own_reruns._child
    ticket = own_reruns.visit("one", run, 1, 50, 7)
    own_reruns.warm()
    check_frame(result(own_reruns, ticket), 1, 50, LIVE_POINTS)
    assert child is own_reruns._child is not None
    own_reruns.close()
    own_reruns.warm()
    assert own_reruns._child is None


SERVER = """
import os, signal, sys
from pathlib import Path


def main():
    from gan_core.records.outcomes import Working
    from gan_core.rerun.process import Reruns

    signal.signal(signal.SIGINT, lambda *_: os._exit(3))
    reruns = Reruns()
    if sys.argv[2] == "loading":  # SIGINT meets the process while it is born and loads
        reruns.visit("one", Path(sys.argv[1]), 100_000_000, 50, 7)
    else:
        ticket = reruns.visit("one", Path(sys.argv[1]), 100_000_000, 50, 7)
        while not reruns.result(ticket, 0.02).done:
            pass
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("when", "how"), [("loading", signal.SIGINT), ("busy", signal.SIGINT), ("busy", signal.SIGKILL)]
)
def test_it_ends_with_the_server_and_without_a_word(
    tmp_path: Path, endless: Path, when: str, how: signal.Signals
) -> None:
    """Ctrl-C reaches every process of a terminal. The output ends only once no process holds it any more."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    server = subprocess.Popen(
        [sys.executable, script, endless, when],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    if how == signal.SIGINT:
        os.killpg(server.pid, how)
    else:
        server.kill()
    text, errors = server.communicate(timeout=LONG)
    assert (text, errors) == ("", "")
    assert server.returncode == (3 if how == signal.SIGINT else -how)
