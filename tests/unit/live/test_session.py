"""The training session through its public methods, against a replay with a bare engine.

No test waits for a time: a gate holds the training thread before a chosen step, and a receipt says that the thread has
been round its loop.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pytest
import torch

from digest import digest
from gan_core.live.budget import LookingBudget, Stride
from gan_core.live.session import TrainingSession
from gan_core.looking.probe import LIVE_LEVELS, POINTS, SHARP_RESOLUTION, Probe
from gan_core.records.commands import Command, Pause, Play, Repeat, Restart, SetLooking, SetPace, SetValues, StepOnce
from gan_core.records.frames import Moment, Snapshot, TrailPoint
from gan_core.records.status import Phase
from gan_core.records.steps import StepMetrics
from gan_core.run.history import History
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire

LIVE_RESOLUTIONS = [level.resolution for level in LIVE_LEVELS]
LONG = 120.0  # seconds: how long to wait for what must come
SEED = 5


class Gate:
    """Holds the training thread until it is opened."""

    def __init__(self) -> None:
        self.arrived, self.opened = threading.Event(), threading.Event()

    def wait(self) -> None:
        assert self.arrived.wait(LONG)

    def open(self) -> None:
        self.opened.set()


@dataclass
class Script:
    """What an engine does before a step of its own, and what it noted."""

    gates: dict[int, Gate] = field(default_factory=dict)
    acts: dict[int, Callable[[GANEngine], None]] = field(default_factory=dict)
    engines: list[GANEngine] = field(default_factory=list)
    sets: list[dict[str, float]] = field(default_factory=list)
    values: dict[int, list[dict[str, float]]] = field(default_factory=dict)  # step -> at its beginning and its end

    def gate(self, step: int) -> Gate:
        self.gates[step] = Gate()
        return self.gates[step]


class ScriptedEngine(GANEngine):
    """A real engine that keeps to a script."""

    def __init__(self, preset: Preset, seed: int, *, script: Script, **options: object) -> None:
        super().__init__(preset, seed, **options)
        self.script = script
        script.engines.append(self)

    def advance(self, count: int) -> list[StepMetrics]:
        return [self._one_step() for _ in range(count)]

    def _one_step(self) -> StepMetrics:
        number = self.steps + 1
        if number in self.script.gates:
            self.script.gates[number].arrived.set()
            assert self.script.gates[number].opened.wait(LONG)
        if number in self.script.acts:
            self.script.acts.pop(number)(self)  # once: a step that was tried again would succeed
        before = vars(self.values).copy()
        (metrics,) = super().advance(1)
        self.script.values[number] = [before, vars(self.values).copy()]
        return metrics

    def set(self, **values: float) -> None:
        self.script.sets.append(values)
        super().set(**values)


# What has no part in these runs: as it began.
NEITHER = {"penalty_weight": (1.0, 1), "instance_noise": (0.0, 1), "updates_d": (1.0, 1), "updates_g": (1.0, 1)}


def training_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "training"]


Opener = Callable[..., TrainingSession]


@pytest.fixture
def open_session(tiny: Preset) -> Iterator[Opener]:
    """Start sessions of the tiny scenario; they are closed, and their threads gone, when the test is over."""
    opened: list[tuple[TrainingSession, Script]] = []

    def open_session(script: Script | None = None, *, start: bool = True, **options: object) -> TrainingSession:
        script = script or Script()
        session = TrainingSession(
            **{
                "preset": "quick",
                "seed": SEED,
                "device": "cpu",
                "precision": "float32",
                "threads": 1,
                "steps_at_once": 1,
                **options,
            },
            make_engine=lambda preset, seed, **more: ScriptedEngine(tiny, seed, script=script, **more),
        )
        opened.append((session, script))
        if start:
            session.start()
        return session

    yield open_session
    for session, script in opened:
        for gate in script.gates.values():
            gate.open()
        session.close(LONG)
    assert training_threads() == []


def replay(preset: Preset, steps: int, seed: int = SEED) -> tuple[GANEngine, list[StepMetrics]]:
    engine = GANEngine(preset, seed, device="cpu", precision="float32", threads=1)
    return engine, [engine.step() for _ in range(steps)]


def do(session: TrainingSession, command: Command) -> int:
    """Send, and wait until it is in force."""
    step = session.send(command).wait(LONG)
    assert step is not None
    return step


def round_trip(session: TrainingSession) -> None:
    """Wait until the training thread has been round its loop; whatever it was doing before is done."""
    do(session, SetLooking(session.status().looking_share))


def reach(session: TrainingSession, step: int) -> None:
    """Wait until this many steps are done and shown."""
    while session.status().step < step:
        assert session.status().phase in (Phase.TRAINING, Phase.PAUSED)
        round_trip(session)
    round_trip(session)


def until_failed(session: TrainingSession) -> str:
    while session.status().phase is not Phase.FAILED:
        round_trip(session)
    error = session.status().error
    assert error is not None
    return error


def progress(session: TrainingSession, start: int = 0, changes_from: int = 0) -> tuple[dict, dict[str, np.ndarray]]:
    return wire.decode(session.progress(start, changes_from))


def rows(metrics: list[StepMetrics]) -> np.ndarray:
    return np.array([(m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy) for m in metrics], np.float32)


def header(payload: bytes | None) -> dict:
    assert payload is not None
    return wire.decode(payload)[0]


def trail_steps(payload: bytes | None) -> list[int]:
    assert payload is not None
    return wire.decode(payload)[1]["trail_steps"].tolist()


def blank_frame(step: int) -> Snapshot:
    cell, point = np.zeros((1, 1), np.uint8), np.zeros((1, 2), np.int16)
    return Snapshot(Moment(1, step, 0.0), cell, cell, point, point[None], TrailPoint(step, (0.0, 0.0), (0.0, 0.0)))


def most_bytes_of_a_live_frame() -> int:
    """Two maps of 100 x 100, 2 000 points, and an image of 100 x 100 at most."""
    return 2 * 100 * 100 + 2_000 * 4 + 100 * 100 * 4


@pytest.fixture
def every_frame_affordable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame after every step that anybody wants one of, however long frames take."""
    monkeypatch.setattr(LookingBudget, "affords_frame", lambda self, now: True)


@pytest.fixture
def watched_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """One request for a frame, and somebody counts as watching."""
    monkeypatch.setattr("gan_core.live.audience.WATCHED_FOR", float("inf"))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Step and resolution of every look that is begun."""
    begun: list[tuple[int, int]] = []
    original = Probe.look_in_parts

    def look_in_parts(self: Probe, *networks: torch.nn.Module, resolution: int, **how: object) -> Iterator:
        begun.append((networks[2].step, resolution))
        return original(self, *networks, resolution=resolution, **how)

    monkeypatch.setattr(Probe, "look_in_parts", look_in_parts)
    return begun


# -- starting and steering ---------------------------------------------------------------------------------------------


def test_training_begins_at_once_and_shows_the_untrained_networks(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(1)
    session = open_session(script)
    gate.wait()
    status = session.status()
    assert (status.phase, status.step, status.error) == (Phase.TRAINING, 0, None)
    frame = session.latest()
    assert frame is not None
    assert frame.step == 0
    assert header(session.frame_after(0, LONG))["step"] == 0


def test_a_session_can_begin_paused(open_session: Opener, tiny: Preset) -> None:
    script = Script()
    session = open_session(script, paused=True)
    round_trip(session)
    assert (session.status().phase, session.status().step) == (Phase.PAUSED, 0)
    assert header(session.frame_after(0, LONG))["step"] == 0
    assert digest(script.engines[0].state()) == digest(replay(tiny, 0)[0].state())


def test_nothing_runs_before_start(open_session: Opener) -> None:
    session = open_session(start=False)
    assert training_threads() == []
    receipt = session.send(Play())
    assert receipt.wait(0) is None
    assert session.frame_after(0, 0) is None
    assert session.frame_at(0) is None
    session.start()
    assert receipt.wait(LONG) is not None


def test_wrong_options_are_refused_with_a_sentence() -> None:
    for options in ({"preset": "worse"}, {"device": "tpu"}, {"precision": "int8"}, {"threads": 0}):
        with pytest.raises(ValueError, match=r"\.$"):
            TrainingSession(**{"preset": "quick", **options})


def test_status_says_what_runs(open_session: Opener) -> None:
    session = open_session(paused=True, wall_clock=lambda: 1000.0)
    round_trip(session)
    status = session.status()
    info = status.info
    assert (info.preset, info.seed, info.device, info.precision, info.threads) == ("quick", SEED, "cpu", "float32", 1)
    assert {name: (v.value, v.since) for name, v in status.values.items()} == {
        **NEITHER,
        "lr_g": (2e-4, 1),
        "lr_d": (1e-3, 1),
        "beta1_g": (0.5, 1),
        "beta1_d": (0.5, 1),
    }
    assert status.looking_share == 0.15
    assert (status.steps_per_second, status.looking_measured) == (0.0, 0.0)
    assert status.frames == 1
    latest = session.latest()
    assert latest is not None
    assert latest.moment.time == 1000.0
    assert status.memory_bytes >= latest.nbytes


def test_pausing_and_playing_change_no_weight(open_session: Opener, tiny: Preset) -> None:
    script = Script()
    gate = script.gate(20)
    session = open_session(script)
    gate.wait()
    receipt = session.send(Pause())
    next_gate = script.gate(21)
    gate.open()
    assert receipt.wait(LONG) == 21  # step 20 was in progress
    engine = script.engines[0]
    expected = digest(replay(tiny, 20)[0].state())
    assert (session.status().phase, session.status().step) == (Phase.PAUSED, 20)
    for command in (Pause(), SetLooking(0.5), Pause()):
        assert do(session, command) == 21
        assert session.frame_after(0, LONG) is not None
        session.frame_at(3)
        session.points()
        session.progress(0, 0)
        assert digest(engine.state()) == expected
    latest = session.latest()
    assert latest is not None
    assert latest.step == 20  # a paused run shows the step it stands at
    do(session, Play())
    next_gate.wait()
    assert session.status().phase is Phase.TRAINING
    assert digest(engine.state()) == expected


def test_a_paused_run_takes_no_step(open_session: Opener) -> None:
    script = Script()
    session = open_session(script, paused=True)
    for _ in range(50):
        round_trip(session)
    assert session.status().step == 0
    assert script.values == {}


def test_receipts_name_the_first_step_under_a_command(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(8)
    session = open_session(script)
    gate.wait()
    receipts = [session.send(SetValues({"lr_g": 0.01})), session.send(SetLooking(0.2)), session.send(Pause())]
    assert [receipt.wait(0) for receipt in receipts] == [None] * 3  # not inside a step
    gate.open()
    assert [receipt.wait(LONG) for receipt in receipts] == [9] * 3
    assert do(session, SetValues({"lr_g": 0.02})) == 9
    assert do(session, Restart()) == 1


def test_single_steps(open_session: Opener, tiny: Preset) -> None:
    script = Script()
    session = open_session(script, paused=True)
    engine, _ = replay(tiny, 0)
    for step in (1, 2, 3):
        assert do(session, StepOnce()) == step
        reach(session, step)
        round_trip(session)
        assert (session.status().phase, session.status().step) == (Phase.PAUSED, step)
        latest = session.latest()
        assert latest is not None
        assert latest.step == step
        engine.step()
        assert digest(script.engines[0].state()) == digest(engine.state())


def test_several_steps_at_once(open_session: Opener) -> None:
    session = open_session(paused=True)
    do(session, StepOnce(7))
    do(session, StepOnce(5))
    reach(session, 12)
    for _ in range(5):
        round_trip(session)
    assert (session.status().phase, session.status().step) == (Phase.PAUSED, 12)
    latest = session.latest()
    assert latest is not None
    assert latest.step == 12


def test_a_pause_ends_the_steps_asked_for(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(4)
    session = open_session(script, paused=True)
    do(session, StepOnce(1000))
    gate.wait()
    receipt = session.send(Pause())
    gate.open()
    assert receipt.wait(LONG) == 5
    round_trip(session)
    assert session.status().step == 4


def test_stepping_a_training_run_pauses_it(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(6)
    session = open_session(script)
    gate.wait()
    receipt = session.send(StepOnce(2))
    gate.open()
    assert receipt.wait(LONG) == 7
    reach(session, 8)
    for _ in range(5):
        round_trip(session)
    assert (session.status().phase, session.status().step) == (Phase.PAUSED, 8)


# -- live values -------------------------------------------------------------------------------------------------------


def test_a_value_set_while_training_holds_from_the_next_step_and_is_logged(open_session: Opener) -> None:
    script = Script()
    gate, end = script.gate(10), script.gate(30)
    session = open_session(script)
    gate.wait()
    receipt = session.send(SetValues({"lr_g": 0.01, "beta1_d": 0.25}))
    gate.open()
    assert receipt.wait(LONG) == 11
    end.wait()
    for step in range(1, 30):
        at_begin, at_end = script.values[step]
        assert at_begin == at_end  # never inside a step
        assert (at_begin["lr_g"], at_begin["beta1_d"]) == ((2e-4, 0.5) if step <= 10 else (0.01, 0.25))
        assert (at_begin["lr_d"], at_begin["beta1_g"]) == (1e-3, 0.5)
    values = session.status().values
    assert {name: (v.value, v.since) for name, v in values.items()} == {
        **NEITHER,
        "lr_g": (0.01, 11),
        "lr_d": (1e-3, 1),
        "beta1_g": (0.5, 1),
        "beta1_d": (0.25, 11),
    }
    message, _ = progress(session)
    assert sorted(message["changes"]) == [[11, "beta1_d", 0.5, 0.25], [11, "lr_g", 2e-4, 0.01]]
    assert progress(session, changes_from=1)[0]["changes"] == message["changes"][1:]
    assert session.status().changes == 2


def test_a_dragged_slider_is_one_change(open_session: Opener) -> None:
    script = Script()
    gate, end = script.gate(10), script.gate(12)
    session = open_session(script)
    gate.wait()
    receipts = [session.send(SetValues({"lr_g": k / 1000})) for k in range(1, 51)]
    gate.open()
    end.wait()
    assert [receipt.wait(LONG) for receipt in receipts] == [11] * 50
    assert script.sets == [{"lr_g": 0.05}]
    assert progress(session)[0]["changes"] == [[11, "lr_g", 2e-4, 0.05]]


def test_the_same_value_again_is_no_change(open_session: Opener) -> None:
    session = open_session(paused=True)
    do(session, SetValues({"lr_g": 2e-4, "lr_d": 0.002}))
    do(session, SetValues({"lr_g": 2e-4, "lr_d": 0.002}))
    do(session, StepOnce(3))
    reach(session, 3)
    do(session, SetValues({"lr_d": 0.002}))
    assert progress(session)[0]["changes"] == [[1, "lr_d", 1e-3, 0.002]]
    assert session.status().values["lr_d"].since == 1


def test_a_reader_that_follows_the_log_while_a_slider_is_dragged_ends_with_the_value_in_force(
    open_session: Opener,
) -> None:
    """As a browser does: it asks from the number of changes that it knows."""
    session = open_session(paused=True)
    known: list[list] = []
    for k in range(1, 12):
        do(session, SetValues({"lr_g": k / 1000}))
        do(session, SetValues({"lr_d": k / 500}))
        message, _ = progress(session, changes_from=len(known))
        assert message["changes_from"] == len(known)
        known += message["changes"]
    in_force = {name: new for _, name, _, new in known}
    assert in_force == {"lr_g": 0.011, "lr_d": 0.022}
    assert in_force == {name: session.status().values[name].value for name in ("lr_g", "lr_d")}


def test_seed_and_log_repeat_the_run_bit_for_bit(open_session: Opener, tiny: Preset) -> None:
    """Values set at steps that chance decides; then a bare engine follows the log."""
    script = Script()
    session = open_session(script)
    random = np.random.default_rng(0)
    for _ in range(40):
        name = str(random.choice(["lr_g", "lr_d", "beta1_g", "beta1_d"]))
        do(session, SetValues({name: float(random.uniform(1e-4, 2e-2))}))
        for _ in range(random.integers(0, 8)):
            round_trip(session)
    reach(session, 400)
    do(session, Pause())
    message, arrays = progress(session)
    end = message["status"]["step"]  # farther, where the commands were slow
    assert end >= 400
    changes = message["changes"]
    assert len({step for step, *_ in changes}) > 3

    engine, metrics = replay(tiny, 0, seed=message["status"]["info"]["seed"])
    for step in range(1, end + 1):
        for _, name, old, new in (c for c in changes if c[0] == step):
            assert getattr(engine.values, name) == old
            engine.set(**{name: new})
        metrics.append(engine.step())
    assert digest(engine.state()) == digest(script.engines[0].state())
    assert np.array_equal(arrays["metrics"], rows(metrics))


# -- a new run ---------------------------------------------------------------------------------------------------------


def train(session: TrainingSession, steps: int) -> np.ndarray:
    do(session, StepOnce(steps))
    reach(session, steps)
    return progress(session)[1]["metrics"]


def test_a_reset_is_the_same_run_again(open_session: Opener, tiny: Preset) -> None:
    session = open_session(paused=True)
    round_trip(session)
    first = session.status().info
    once = train(session, 60)
    assert np.array_equal(once, rows(replay(tiny, 60)[1]))
    do(session, SetValues({"lr_g": 0.05}))
    assert do(session, Restart()) == 1
    status = session.status()
    assert (status.step, status.phase, status.frames, status.changes) == (0, Phase.PAUSED, 1, 0)
    assert status.info.run == first.run + 1
    assert (status.info.preset, status.info.seed) == (first.preset, first.seed)
    assert (status.values["lr_g"].value, status.values["lr_g"].since) == (2e-4, 1)  # the preset's own
    assert progress(session)[1]["metrics"].shape == (0, 4)
    assert np.array_equal(train(session, 60), once)


def test_a_new_seed_is_another_run(open_session: Opener, tiny: Preset) -> None:
    session = open_session(paused=True)
    once = train(session, 20)
    do(session, Restart(seed=77))
    assert session.status().info.seed == 77
    again = train(session, 20)
    assert not np.array_equal(again, once)
    assert np.array_equal(again, rows(replay(tiny, 20, seed=77)[1]))
    do(session, Restart())
    assert session.status().info.seed == 77


def test_another_preset_starts_from_its_own_values() -> None:
    session = TrainingSession("quick", 3, device="cpu", threads=1, paused=True)
    session.start()
    try:
        do(session, SetValues({"lr_g": 0.05}))
        do(session, Restart(preset="mode-collapse"))
        info, values = session.status().info, session.status().values
        assert (info.preset, info.seed) == ("mode-collapse", 3)
        assert {name: v.value for name, v in values.items()} == {
            **{name: value for name, (value, _) in NEITHER.items()},
            "lr_g": 1e-3,
            "lr_d": 1e-3,
            "beta1_g": 0.9,
            "beta1_d": 0.9,
        }
    finally:
        session.close(LONG)


def test_a_reset_while_training_goes_on_training(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(15)
    session = open_session(script)
    gate.wait()
    receipt = session.send(Restart())
    first_of_new_run = script.gate(1)
    gate.open()
    assert receipt.wait(LONG) == 1
    first_of_new_run.wait()
    assert (session.status().phase, session.status().step) == (Phase.TRAINING, 0)
    second = script.gate(10)
    first_of_new_run.open()
    second.wait()
    assert progress(session)[0]["rows"] == 9


def test_frames_of_a_new_run_are_newer(open_session: Opener) -> None:
    session = open_session(paused=True)
    round_trip(session)
    before = header(session.frame_after(0, LONG))
    do(session, Restart())
    payload = session.frame_after(before["version"], LONG)
    after = header(payload)
    assert after["version"] > before["version"]
    assert after["run"] == before["run"] + 1
    assert header(session.points())["run"] == after["run"]
    assert trail_steps(payload) == [0]


def test_a_session_started_later_has_newer_versions(open_session: Opener) -> None:
    """A page that stayed open over a restart of the server must not take the new frames for old ones."""
    first = open_session(paused=True, wall_clock=lambda: 1_000.0)
    later = open_session(paused=True, wall_clock=lambda: 1_001.0)
    round_trip(first)
    round_trip(later)
    old, new = header(first.frame_after(0, LONG)), header(later.frame_after(0, LONG))
    assert new["version"] > old["version"]
    assert new["run"] > old["run"]


# -- failures ----------------------------------------------------------------------------------------------------------


def explode(engine: GANEngine) -> None:
    raise RuntimeError("the boiler burst")


def poison(engine: GANEngine) -> None:
    engine.generator.parameters_flat.fill_(float("nan"))


@pytest.mark.parametrize(("act", "says"), [(explode, "the boiler burst"), (poison, "loss is nan")])
def test_a_failure_is_data(
    open_session: Opener, tiny: Preset, act: Callable[[GANEngine], None], says: str, every_frame_affordable: None
) -> None:
    script = Script(acts={7: act})
    session = open_session(script)
    error = until_failed(session)
    assert "step 7" in error
    assert says in error
    assert "Reset" in error
    assert error.endswith(".")
    assert "Traceback" not in error

    status = session.status()
    assert (status.step, status.steps_per_second) == (6, 0.0)
    message, arrays = progress(session)
    assert message["status"]["phase"] == "failed"
    assert message["status"]["error"] == error
    assert np.array_equal(arrays["metrics"], rows(replay(tiny, 6)[1]))  # the past is all there
    assert arrays["kept"].tolist() == list(range(7))
    assert header(session.frame_after(0, LONG))["step"] == 6
    assert header(session.frame_at(3))["step"] == 3

    for command in (Play(), Pause(), StepOnce(), SetLooking(0.3), SetValues({"lr_g": 0.01})):
        do(session, command)  # answered, but nothing goes on
        round_trip(session)
        assert (session.status().phase, session.status().step) == (Phase.FAILED, 6)

    gate = script.gate(20)
    do(session, Restart())
    gate.wait()
    assert (session.status().phase, session.status().error, session.status().step) == (Phase.TRAINING, None, 19)
    assert np.array_equal(progress(session)[1]["metrics"], rows(replay(tiny, 19)[1]))


@pytest.mark.parametrize("which", ["discriminator", "generator"])
def test_a_failure_names_the_losses(open_session: Opener, which: str) -> None:
    """Whichever network's weights overflow, both losses are spoilt and both are named."""

    def overflow(engine: GANEngine) -> None:
        getattr(engine, which).parameters_flat.fill_(float("inf"))

    error = until_failed(open_session(Script(acts={3: overflow})))
    assert "the discriminator loss is nan" in error
    assert "the generator loss is nan" in error


def test_steps_after_a_failed_one_do_not_count(tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several steps are trained in one go; one of them has no finite loss, and the next ones have."""

    class Hiccup(GANEngine):
        def advance(self, count: int) -> list[StepMetrics]:
            steps = super().advance(count)
            return [replace(step, g_loss=float("inf")) if step.step == 5 else step for step in steps]

    monkeypatch.setattr(Stride, "count", lambda self, at_most: at_most)
    session = TrainingSession("quick", SEED, device="cpu", make_engine=lambda preset, seed, **more: Hiccup(tiny, seed))
    session.send(Pause())
    session.send(StepOnce(10))
    session.start()
    try:
        error = until_failed(session)
        assert "at step 5: the generator loss is inf" in error
        assert session.status().step == 4
    finally:
        session.close(LONG)


def test_a_failed_step_is_not_tried_again(open_session: Opener) -> None:
    """Neither are the steps left over taken in the next run."""
    script = Script(acts={3: explode})
    session = open_session(script, paused=True)
    do(session, StepOnce(10))
    until_failed(session)
    for _ in range(20):
        round_trip(session)
    assert (session.status().phase, session.status().step) == (Phase.FAILED, 2)
    gate = script.gate(30)
    do(session, Restart())
    gate.wait()  # it trains, as after any reset of a failed run
    assert session.status().phase is Phase.TRAINING


def test_a_reset_forgets_the_steps_asked_for(open_session: Opener) -> None:
    script = Script()
    gate = script.gate(4)
    session = open_session(script, paused=True)
    do(session, StepOnce(1000))
    gate.wait()
    receipt = session.send(Restart())
    gate.open()
    assert receipt.wait(LONG) == 1
    for _ in range(20):
        round_trip(session)
    assert (session.status().phase, session.status().step) == (Phase.PAUSED, 0)


def test_a_look_that_fails_is_data_too(open_session: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    session = open_session(script, paused=True)
    round_trip(session)

    def look(*_: object, **__: object) -> Snapshot:
        raise FloatingPointError("a network's output is not a finite number")

    with monkeypatch.context() as patch:
        patch.setattr(Probe, "look", look)
        do(session, StepOnce())
        assert "not a finite number" in until_failed(session)
    gate = script.gate(5)
    do(session, Restart())
    assert session.status().error is None
    gate.wait()


def test_a_new_run_that_cannot_be_made_leaves_the_old_one_readable(tiny: Preset) -> None:
    broken = False

    def make_engine(preset: Preset, seed: int, **options: object) -> GANEngine:
        if broken:
            raise MemoryError("no room")
        return GANEngine(tiny, seed, **options)

    session = TrainingSession("quick", SEED, device="cpu", threads=1, paused=True, make_engine=make_engine)
    session.start()
    try:
        once = train(session, 12)
        broken = True
        do(session, Restart(seed=1))
        assert "no room" in until_failed(session)
        assert np.array_equal(progress(session)[1]["metrics"], once)
        assert header(session.frame_at(12))["step"] == 12
        broken = False
        do(session, Restart(seed=2))
        assert (session.status().error, session.status().info.seed) == (None, 2)
    finally:
        session.close(LONG)


def test_a_value_that_slipped_through_does_not_end_the_thread(open_session: Opener) -> None:
    """`parse` refuses it; another caller may not have asked."""
    session = open_session(paused=True)
    do(session, SetValues({"lr_g": float("nan")}))
    assert session.status().values["lr_g"].value == 2e-4
    do(session, Restart())
    assert session.status().error is None


# -- closing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["training", "paused", "failed", "stepping", "sharpening"])
def test_closing_ends_the_thread(open_session: Opener, state: str) -> None:
    """Within two seconds, which is what close is given here."""
    script = Script(acts={3: explode} if state == "failed" else {})
    session = open_session(script, paused=state in ("paused", "stepping", "sharpening"))
    round_trip(session)
    if state == "failed":
        until_failed(session)
    elif state == "stepping":
        do(session, StepOnce(1000))
    elif state == "sharpening":
        session.frame_after(0, 0)
    session.close(2)
    assert training_threads() == []
    assert session.status().phase is Phase.CLOSED
    session.close(2)  # again does no harm


def test_closing_before_the_start(open_session: Opener) -> None:
    session = open_session(start=False)
    session.close(2)
    assert training_threads() == []


def test_closing_wakes_whoever_waits_for_a_frame(open_session: Opener) -> None:
    session = open_session(paused=True)
    round_trip(session)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(session.frame_after, 2**53, LONG) for _ in range(4)]
        session.close(2)
        assert [future.result(LONG) for future in waiting] == [None] * 4


def test_what_was_trained_stays_readable_after_closing(open_session: Opener) -> None:
    session = open_session(paused=True)
    once = train(session, 9)
    session.close(2)
    assert np.array_equal(progress(session)[1]["metrics"], once)
    assert header(session.frame_at(9))["step"] == 9
    assert session.send(Play()).wait(0) is None


# -- looking -----------------------------------------------------------------------------------------------------------


def test_a_paused_run_sharpens_for_a_watcher(open_session: Opener, looks: list[tuple[int, int]]) -> None:
    session = open_session(paused=True)
    do(session, StepOnce(3))
    reach(session, 3)
    version, resolution = 0, 0
    while resolution < SHARP_RESOLUTION:
        payload = session.frame_after(version, 0.25)  # as a browser asks, again and again
        if payload is not None:
            message, arrays = wire.decode(payload)
            version, resolution = message["version"], message["resolution"]
            assert message["step"] == 3
    assert arrays["sample_map"].shape == (400, 400)
    assert arrays["fakes"].shape == (5_000, 2)
    assert header(session.frame_at(3))["resolution"] == 400
    assert header(session.frame_at(0))["resolution"] in LIVE_RESOLUTIONS

    round_trip(session)
    assert session.frame_after(version, 0) is None  # once is enough
    assert looks.count((3, 400)) == 1
    do(session, StepOnce())
    reach(session, 4)
    assert header(session.frame_at(3))["resolution"] in LIVE_RESOLUTIONS  # what is kept of it is the live one


def test_a_paused_run_sharpens_for_nobody(open_session: Opener, looks: list[tuple[int, int]]) -> None:
    session = open_session(paused=True)
    do(session, StepOnce(3))
    reach(session, 3)
    for _ in range(50):
        round_trip(session)
        session.latest()
        session.at(3)
        session.status()
        session.progress(0, 0)
    latest = session.latest()
    assert latest is not None
    assert latest.resolution in LIVE_RESOLUTIONS
    assert {resolution for _, resolution in looks} <= set(LIVE_RESOLUTIONS)


@pytest.fixture
def held_sharp_frame(monkeypatch: pytest.MonkeyPatch, watched_for_ever: None) -> Gate:
    """Holds the first sharp frame that is begun, at its fifth part."""
    gate, parts = Gate(), 0
    original = Probe.look_in_parts

    def look_in_parts(self: Probe, *networks: torch.nn.Module, resolution: int, **how: object) -> Iterator:
        nonlocal parts
        for part in original(self, *networks, resolution=resolution, **how):
            if resolution == SHARP_RESOLUTION:
                parts += 1
                if parts == 5:
                    gate.arrived.set()
                    assert gate.opened.wait(LONG)
            yield part

    monkeypatch.setattr(Probe, "look_in_parts", look_in_parts)
    return gate


def sharp_frame(session: TrainingSession) -> Snapshot:
    """Wait for it."""
    while True:
        frame = session.latest()
        if frame is not None and frame.resolution == SHARP_RESOLUTION:
            return frame
        assert session.status().phase is Phase.PAUSED
        round_trip(session)


def assert_shows(frame: Snapshot, engine: GANEngine) -> None:
    """Cell by cell and point by point what these networks give."""
    probe = Probe(engine.config, engine.compute.device)
    moment = Moment(0, engine.steps, 0.0)
    exact = probe.look(engine.generator, engine.discriminator, moment, resolution=SHARP_RESOLUTION, points=POINTS)
    assert frame.step == engine.steps
    for name in ("latent_map", "sample_map", "fakes", "image"):
        assert np.array_equal(getattr(frame, name), getattr(exact, name))


def test_commands_pass_between_two_parts_of_a_sharp_frame(
    open_session: Opener, tiny: Preset, held_sharp_frame: Gate
) -> None:
    """A value set meanwhile is in force before the frame is complete, and the frame still comes."""
    session = open_session(paused=True)
    session.frame_after(0, 0)
    held_sharp_frame.wait()
    receipt = session.send(SetValues({"lr_g": 0.01}))
    assert receipt.wait(0) is None
    held_sharp_frame.open()
    assert receipt.wait(LONG) == 1
    assert_shows(sharp_frame(session), replay(tiny, 0)[0])


@pytest.mark.parametrize("how", ["step", "play", "reset"])
def test_a_half_done_sharp_frame_is_dropped_when_the_weights_change(
    open_session: Opener, tiny: Preset, held_sharp_frame: Gate, how: str
) -> None:
    """Its second half would show other networks than its first."""
    script = Script()
    session = open_session(script, paused=True)
    session.frame_after(0, 0)
    held_sharp_frame.wait()
    if how == "step":
        session.send(StepOnce(2))
        held_sharp_frame.open()
        reach(session, 2)
        expected, _ = replay(tiny, 2)
    elif how == "play":
        gate = script.gate(3)
        session.send(Play())
        held_sharp_frame.open()
        gate.wait()
        session.send(Pause())
        gate.open()
        expected, _ = replay(tiny, 3)
        reach(session, 3)
    else:
        receipt = session.send(Restart(seed=1))
        held_sharp_frame.open()
        assert receipt.wait(LONG) == 1
        expected, _ = replay(tiny, 0, seed=1)
    assert_shows(sharp_frame(session), expected)


@pytest.fixture
def small_history(monkeypatch: pytest.MonkeyPatch) -> None:
    history = partial(History, dense_steps=20, later_frames=8, max_rows=64)
    monkeypatch.setattr("gan_core.run.run.History", history)


def test_unwatched_only_what_the_history_keeps_is_rendered(
    open_session: Opener, looks: list[tuple[int, int]], every_frame_affordable: None, small_history: None
) -> None:
    script = Script()
    end = script.gate(1_001)
    open_session(script)
    end.wait()
    history, expected = History(dense_steps=20, later_frames=8, max_rows=64), []
    for step in range(1_001):
        if history.wants(step):
            expected.append(step)
            history.add_frame(blank_frame(step))
    assert [step for step, _ in looks] == expected
    assert len(expected) < 150  # of 1 000 steps


def test_watched_every_step_is_rendered_when_there_is_time(
    open_session: Opener,
    looks: list[tuple[int, int]],
    every_frame_affordable: None,
    small_history: None,
    watched_for_ever: None,
) -> None:
    script = Script()
    first, end = script.gate(1), script.gate(121)
    session = open_session(script)
    first.wait()
    session.frame_after(0, 0)
    first.open()
    end.wait()
    assert [step for step, _ in looks] == list(range(121))


def test_no_share_for_looking_renders_nothing_while_training(
    open_session: Opener, looks: list[tuple[int, int]], watched_for_ever: None
) -> None:
    script = Script()
    end = script.gate(200)
    session = open_session(script, paused=True)
    do(session, SetLooking(0.0))
    session.frame_after(0, LONG)
    do(session, Play())
    end.wait()
    assert {step for step, _ in looks} == {0}
    assert session.status().looking_share == 0


@pytest.fixture
def taken_at_leisure(monkeypatch: pytest.MonkeyPatch, watched_for_ever: None) -> None:
    """However long a reader takes, training waits for it."""
    monkeypatch.setattr("gan_core.live.tempo.TAKEN_WITHIN", 3600.0)


def test_a_pace_shows_every_so_many_steps_to_a_watcher(open_session: Opener, taken_at_leisure: None) -> None:
    """Each of them, and not one goes by unseen; training is never more than what hangs ready and one more ahead."""
    session = open_session(start=False, steps_at_once=64)
    session.send(SetPace(7))
    session.frame_after(0, 0)  # somebody looks from the first step on
    session.start()
    version, seen = 0, []
    round_trip(session)
    assert session.status().pace == 7
    while len(seen) < 12:
        message = header(session.frame_after(version, LONG))
        version = message["version"]
        seen.append(message["step"])
        for _ in range(3):
            round_trip(session)
        assert session.status().step <= seen[-1] + 14
    assert seen == list(range(0, 84, 7))


def test_a_reader_that_stands_still_stops_no_training(open_session: Opener, watched_for_ever: None) -> None:
    """By this clock each frame hangs for longer than anybody is waited for."""
    clock = iter(range(0, 10**9, 10))
    session = open_session(paused=True, clock=lambda: float(next(clock)))
    session.frame_after(0, LONG)
    do(session, SetPace(1))
    do(session, Play())
    reach(session, 30)


def test_a_pace_waits_for_nobody(
    open_session: Opener, looks: list[tuple[int, int]], every_frame_affordable: None
) -> None:
    """Without a watcher the run goes on at full speed, and the history gets its frames all the same."""
    script = Script()
    end = script.gate(200)
    session = open_session(script, paused=True)
    do(session, SetPace(150))
    do(session, Play())
    end.wait()
    assert len(looks) > 1


def test_a_command_ends_the_wait_for_a_reader(open_session: Opener, taken_at_leisure: None) -> None:
    """Nobody takes the frame that hangs there; pause, a change, single steps and full speed are in force at once."""
    session = open_session(paused=True)
    session.frame_after(0, LONG)
    do(session, SetPace(3))
    do(session, Play())
    while session.status().step < 6:  # step 3 hangs untaken
        round_trip(session)
    assert do(session, SetValues({"lr_g": 0.01})) == 7
    assert do(session, Pause()) == 7
    assert header(session.frame_after(0, LONG))["step"] == 6  # a paused run shows where it stands
    assert do(session, StepOnce(2)) == 7
    reach(session, 8)
    do(session, SetPace(None))
    do(session, Play())
    while session.status().step < 50:
        round_trip(session)


def test_slow_motion_is_a_step_a_second_by_its_clock(open_session: Opener, watched_for_ever: None) -> None:
    now = [1000.0]
    session = open_session(paused=True, clock=lambda: now[0])
    session.frame_after(0, LONG)
    do(session, SetPace(1, per_second=1.0))
    assert (session.status().pace, session.status().pace_limit) == (1, 1.0)
    do(session, Play())
    now[0] += 1
    reach(session, 1)
    for step in range(1, 6):
        version = header(session.frame_after(0, LONG))["version"]
        for part in (0.4, 0.5):
            now[0] += part
            round_trip(session)
            round_trip(session)
            assert session.status().step == step  # what is on the screen, and no step ahead of it
        now[0] += 0.1
        reach(session, step + 1)
        assert header(session.frame_after(version, LONG))["step"] == step + 1
    do(session, StepOnce(3))  # at once
    reach(session, 9)


# -- the first minute --------------------------------------------------------------------------------------------------


def test_a_session_that_waits_begins_when_somebody_looks(open_session: Opener) -> None:
    session = open_session(wait=True)
    for _ in range(20):
        round_trip(session)
        session.progress(0, 0)
        session.points()
    assert (session.status().phase, session.status().step) == (Phase.STARTING, 0)
    assert session.status().steps_per_second == 0
    assert header(session.frame_after(0, LONG))["step"] == 0
    while session.status().step < 3:
        session.frame_after(0, 0)
        round_trip(session)
    assert session.status().phase is Phase.TRAINING


def test_a_session_that_waits_obeys_all_the_same(open_session: Opener) -> None:
    session = open_session(wait=True)
    assert do(session, SetValues({"lr_g": 0.01})) == 1
    do(session, Restart())
    assert session.status().phase is Phase.STARTING
    do(session, Play())
    reach(session, 3)
    paused = open_session(wait=True, paused=True)
    paused.frame_after(0, LONG)
    round_trip(paused)
    assert (paused.status().phase, paused.status().step) == (Phase.PAUSED, 0)


def run_to_a_pause(session: TrainingSession) -> int:
    while session.status().phase is not Phase.PAUSED:
        round_trip(session)
    round_trip(session)  # its frame is there, too
    return session.status().step


def test_a_figure_pauses_once_where_it_ends(open_session: Opener, watched_for_ever: None) -> None:
    session = open_session(preset="mode-collapse", paused=True, steps_at_once=64)
    session.frame_after(0, LONG)
    do(session, SetPace(None))
    do(session, Play())
    assert run_to_a_pause(session) == 600
    assert session.status().figure_end
    assert header(session.frame_after(0, LONG))["step"] == 600
    do(session, Restart())  # watched again: it plays, for nobody had paused it
    assert run_to_a_pause(session) == 600
    do(session, Play())
    assert not session.status().figure_end
    reach(session, 700)
    assert session.status().phase is Phase.TRAINING
    do(session, Restart(preset="quick"))  # no figure of the article
    do(session, Play())
    reach(session, 700)
    assert not session.status().figure_end


def test_a_figure_that_nobody_came_to_see_goes_on(open_session: Opener) -> None:
    session = open_session(preset="mode-collapse", steps_at_once=64)
    reach(session, 650)
    waiting = open_session(preset="mode-collapse", wait=True, steps_at_once=64)
    do(waiting, Play())
    assert run_to_a_pause(waiting) == 600  # whoever left the tab finds it where it ended


def test_a_link_beyond_the_end_of_a_figure_gets_there(open_session: Opener, watched_for_ever: None) -> None:
    session = open_session(preset="mode-collapse", paused=True, steps_at_once=64)
    session.frame_after(0, LONG)
    for goal in (640, 600):
        do(session, Repeat("mode-collapse", SEED, (), goal))
        assert run_to_a_pause(session) == goal
        assert not session.status().figure_end
    do(session, SetPace(None))
    do(session, Play())
    reach(session, 650)


@pytest.mark.parametrize("pace", [SetPace(1), SetPace(5), SetPace(20), SetPace(1, per_second=25.0), SetPace(None)])
def test_a_pace_changes_no_bit(open_session: Opener, tiny: Preset, pace: SetPace) -> None:
    script = Script()
    session = open_session(script, paused=True, steps_at_once=8)
    session.frame_after(0, LONG)
    do(session, pace)
    do(session, Play())
    version = 0
    while session.status().step < 25:
        if payload := session.frame_after(version, 0):
            version = header(payload)["version"]
        round_trip(session)
    do(session, Pause())
    step = session.status().step
    engine, metrics = replay(tiny, step)
    assert digest(script.engines[0].state()) == digest(engine.state())
    assert np.array_equal(progress(session)[1]["metrics"], rows(metrics))


def test_steps_in_one_go_are_the_steps_one_by_one(open_session: Opener, tiny: Preset) -> None:
    script = Script()
    end = script.gate(301)
    session = open_session(script, steps_at_once=50)
    end.wait()
    _, metrics = replay(tiny, 300)
    script.gates[301].open()
    do(session, Pause())
    rows = wire.decode(session.progress(0, 0))[1]["metrics"][:300]
    expected = [[m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy] for m in metrics]
    np.testing.assert_array_equal(rows, np.array(expected, np.float32))


def test_watching_changes_no_bit(
    open_session: Opener, tiny: Preset, every_frame_affordable: None, watched_for_ever: None
) -> None:
    """A frame of every step for four readers, against a run that nobody ever looked at."""
    script = Script()
    end = script.gate(151)
    session = open_session(script)
    over = threading.Event()

    def read() -> int:
        version = seen = 0
        while not over.is_set():
            payload = session.frame_after(version, 0.25)
            session.progress(0, 0)
            session.frame_at(seen)
            if payload is not None:
                version, seen = header(payload)["version"], seen + 1
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            end.wait()
        finally:
            over.set()
        assert all(reader.result(LONG) > 0 for reader in readers)
    engine, metrics = replay(tiny, 150)
    assert digest(script.engines[0].state()) == digest(engine.state())
    assert np.array_equal(progress(session)[1]["metrics"], rows(metrics))


# -- reading -----------------------------------------------------------------------------------------------------------


def test_progress_is_what_a_bare_engine_measures(open_session: Opener, tiny: Preset) -> None:
    session = open_session(paused=True)
    metrics = train(session, 80)
    assert metrics.dtype == np.float32
    assert np.array_equal(metrics, rows(replay(tiny, 80)[1]))


def test_progress_from_a_row_on(open_session: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.run.run.MAX_ROWS_PER_READ", 7)
    session = open_session(paused=True)
    do(session, StepOnce(30))
    reach(session, 30)
    parts, start = [], 0
    while True:
        message, arrays = progress(session, start)
        assert (message["from"], message["rows"], message["stride"]) == (start, 30, 1)
        assert len(arrays["metrics"]) == min(7, 30 - start)
        parts.append(arrays["metrics"])
        start += len(arrays["metrics"])
        if start == message["rows"]:
            break
    assert len(parts) == 5
    everything = np.concatenate(parts)
    monkeypatch.undo()
    assert np.array_equal(progress(session)[1]["metrics"], everything)
    message, arrays = progress(session, 10**12, 10**12)
    assert (message["from"], len(arrays["metrics"]), message["changes"]) == (30, 0, [])


def test_a_frame_is_encoded_once_for_all(open_session: Opener) -> None:
    session = open_session(paused=True)
    round_trip(session)
    payload = session.frame_after(0, LONG)
    assert session.frame_after(0, LONG) is payload
    version = header(payload)["version"]
    assert session.frame_after(version - 1, 0) is payload
    assert session.frame_after(version, 0) is None


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[int, int, int]]:
    """How often each frame was encoded, by run, step and resolution."""
    counts: Counter[tuple[int, int, int]] = Counter()
    original = wire.pack_frame

    def pack_frame(frame: Snapshot, trail: Sequence[TrailPoint]) -> wire.PackedFrame:
        counts[frame.moment.run, frame.step, frame.resolution] += 1
        return original(frame, trail)

    monkeypatch.setattr(wire, "pack_frame", pack_frame)
    return counts


def test_no_frame_is_encoded_twice(
    open_session: Opener, every_frame_affordable: None, packed: Counter[tuple[int, int, int]]
) -> None:
    """Not while it is the newest, nor as one of the past, nor when many ask at once."""
    script = Script()
    end = script.gate(31)
    session = open_session(script)
    newest = session.frame_after(0, LONG)
    end.wait()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(session.frame_at, [*range(31), *reversed(range(31)), *[7] * 30]))
        newest = set(pool.map(lambda _: session.frame_after(0, LONG), range(20)))
    assert len(newest) == 1
    assert {header(payload)["step"]: payload for payload in answers}.keys() == set(range(31))
    assert len(set(answers)) == 31
    assert [step for _, step, _ in packed] == list(range(31))
    assert set(packed.values()) == {1}
    assert [header(session.frame_at(step))["kept"] for step in (0, 29, 30)] == [True, True, False]
    end.open()


def test_encoded_frames_are_held_in_bounds(
    open_session: Opener,
    every_frame_affordable: None,
    packed: Counter[tuple[int, int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five are held: the last five made or asked for. What was dropped is made again, the same in every array."""
    monkeypatch.setattr("gan_core.live.payloads.PAYLOADS", 5)
    script = Script()
    end = script.gate(21)
    session = open_session(script)
    end.wait()

    def encodings(*steps: int) -> int:
        before = packed.total()
        for step in steps:
            assert header(session.frame_at(step))["step"] == step
        return packed.total() - before

    assert encodings(16, 17, 18, 19, 20) == 0  # kept when they were new
    first = session.frame_at(3)  # in place of 20, which needs none: it is the newest
    assert encodings(3, 17, 18, 19, 20) == 0
    assert encodings(4, 16) == 2  # 16 went for 4: nobody had asked for it longest
    assert encodings(5, 6, 7, 8) == 4
    again = session.frame_at(3)
    assert again is not first
    for name, array in wire.decode(again or b"")[1].items():
        np.testing.assert_array_equal(array, wire.decode(first or b"")[1][name])  # NaN is NaN here
    end.open()


def test_a_new_run_has_frames_of_its_own(open_session: Opener) -> None:
    session = open_session(paused=True)
    train(session, 3)
    old = header(session.frame_at(0))
    do(session, Restart(seed=5))
    train(session, 3)
    new = header(session.frame_at(0))
    assert (old["step"], new["step"]) == (0, 0)
    assert new["run"] == old["run"] + 1


def test_whoever_asked_to_be_woken_is_after_every_frame(open_session: Opener, every_frame_affordable: None) -> None:
    """The frame is there when the call comes."""
    script = Script()
    end = script.gate(21)
    session = open_session(script, start=False)
    seen: list[int] = []
    session.on_frame(lambda: seen.append(header(session.frame_after(0, 0))["step"]))
    session.start()
    end.wait()
    assert seen == list(range(21))
    end.open()


def test_frames_show_the_networks_of_their_step(
    open_session: Opener, tiny: Preset, every_frame_affordable: None
) -> None:
    """Each kept frame against the fakes of a replay at that step."""
    script = Script()
    end = script.gate(26)
    session = open_session(script)
    end.wait()
    engine, _ = replay(tiny, 0)
    probe = Probe(engine.config, engine.compute.device)
    points = wire.decode(session.points())[1]
    assert np.array_equal(points["latents"], probe.fixed_points(0).latents)
    assert np.array_equal(points["reals"], probe.fixed_points(0).reals)
    for step in range(26):
        message, arrays = wire.decode(session.frame_at(step) or b"")
        assert message["step"] == step
        exact = probe.fakes(engine.generator, engine.steps).numpy()[: len(arrays["fakes"])]
        assert np.abs(arrays["fakes"] - 32767 * exact).max() <= 0.51
        assert arrays["trail_steps"].tolist() == list(range(step + 1))
        assert np.abs(arrays["trail"][-1, :2] - 32767 * exact.mean(axis=0)).max() <= 1
        engine.step()
    assert progress(session)[1]["kept"].tolist() == list(range(26))


def test_the_nearest_kept_frame(open_session: Opener, every_frame_affordable: None, small_history: None) -> None:
    script = Script()
    end = script.gate(501)
    session = open_session(script)
    end.wait()
    kept = progress(session)[1]["kept"].tolist()
    assert session.status().frames == len(kept)
    for asked in (0, 10, 33, 250, 499, 500, 10**15):
        frame = session.at(asked)
        assert frame is not None
        assert frame.step == min(kept, key=lambda step, asked=asked: (abs(step - asked), step))
        assert header(session.frame_at(asked))["step"] == frame.step
    assert header(session.frame_at(0))["kept"] is True


@pytest.mark.slow
def test_memory_of_a_long_run_is_bounded(
    open_session: Opener, every_frame_affordable: None, small_history: None, watched_for_ever: None
) -> None:
    """20 dense frames, 8 later ones, frame 0 and the newest, and 64 rows of 16 bytes; seen at several lengths."""
    script = Script()
    ends = [script.gate(step) for step in (40, 120, 200, 320)]
    session = open_session(script)
    session.frame_after(0, LONG)
    most = (20 + 8 + 2) * most_bytes_of_a_live_frame() + 64 * 16
    for end in ends:
        end.wait()
        status = session.status()
        assert 0 < status.memory_bytes <= most
        assert status.frames <= 20 + 8 + 2
        end.open()
    message, arrays = progress(session)
    assert message["rows"] <= 64
    assert len(arrays["kept"]) <= 30


def test_versions_only_rise(open_session: Opener, every_frame_affordable: None) -> None:
    script = Script()
    end = script.gate(80)
    session = open_session(script)
    versions = []
    while not end.arrived.is_set():
        payload = session.frame_after(versions[-1] if versions else 0, 0.25)
        if payload is not None:
            versions.append(header(payload)["version"])
    assert versions == sorted(set(versions))
    assert len(versions) > 1


def test_readers_and_commands_from_many_threads(open_session: Opener) -> None:
    """Four threads do everything at once; every answer can be decoded and every command is answered."""
    session = open_session()
    commands: list[Command] = [
        Play(),
        SetValues({"lr_g": 1e-3}),
        SetLooking(0.3),
        StepOnce(3),
        Restart(),
        SetValues({"beta1_d": 0.0}),
        Pause(),
        Restart(seed=1),
    ]
    answered: Counter[str] = Counter()

    def work(number: int) -> None:
        for i in range(40):
            do(session, commands[(i * (number + 1)) % len(commands)])
            payload = session.frame_after(0, LONG)
            assert header(payload)["kind"] == "frame"
            message, arrays = progress(session, i, i)
            assert len(arrays["metrics"]) == message["rows"] - message["from"]
            assert message["status"]["error"] is None
            at = session.frame_at(i)  # none for the moment in which another thread's new run has no frame yet
            assert at is None or header(at)["kind"] == "frame"
            assert header(session.points())["kind"] == "points"
            answered[f"{number}"] += 1

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work, number) for number in range(4)]:
            future.result(LONG)
    assert dict(answered) == {str(number): 40 for number in range(4)}


# -- lenses, readings, and the story of the run ------------------------------------------------------------------------

LENSES = ("best-d", "tears", "pull")


def arrays_of(payload: bytes | None) -> dict[str, np.ndarray]:
    assert payload is not None
    return wire.decode(payload)[1]


def test_frames_have_what_a_lens_shows_while_somebody_asks_for_it(
    open_session: Opener, tiny: Preset, every_frame_affordable: None
) -> None:
    script = Script()
    ends = [script.gate(step) for step in (4, 8)]
    session = open_session(script)
    ends[0].wait()
    version = header(session.frame_after(0, LONG))["version"]
    assert not {"best_d", "stretch", "pull"} & set(arrays_of(session.frame_after(0, LONG)))
    assert session.frame_after(version, 0, LENSES) is None
    ends[0].open()
    ends[1].wait()
    arrays = arrays_of(session.frame_after(version, LONG, LENSES))
    side = len(arrays["sample_map"])
    assert arrays["best_d"].shape == arrays["stretch"].shape == arrays["folded"].shape == (side, side)
    assert arrays["pull"].shape[1] == 6
    assert 0 <= float(arrays["asked_share"][0]) <= 1
    _, expected = replay(tiny, 7)
    assert np.array_equal(progress(session)[1]["metrics"], rows(expected))  # looking has changed nothing


def test_a_paused_run_shows_a_lens_that_is_asked_for_later(open_session: Opener) -> None:
    session = open_session(paused=True)
    do(session, StepOnce(3))
    reach(session, 3)

    def asked(version: int, *lenses: str) -> bytes:
        """As a browser asks, again and again."""
        payload = None
        while payload is None:
            payload = session.frame_after(version, 0.25, lenses)
        return payload

    payload = asked(0)
    while header(payload)["resolution"] < SHARP_RESOLUTION:
        payload = asked(header(payload)["version"])
    assert "stretch" not in arrays_of(payload)
    payload = asked(header(payload)["version"], "tears")
    assert arrays_of(payload)["stretch"].shape == (SHARP_RESOLUTION, SHARP_RESOLUTION)
    assert header(payload)["step"] == 3


def test_readings_come_with_the_frames_and_once(open_session: Opener, every_frame_affordable: None) -> None:
    script = Script()
    end = script.gate(9)
    session = open_session(script)
    end.wait()
    _, arrays = progress(session)
    steps = arrays["reading_steps"].tolist()
    assert steps == arrays["kept"].tolist()
    for step, row, along in zip(steps, arrays["readings"], arrays["along"], strict=True):
        frame = arrays_of(session.frame_at(step))
        np.testing.assert_array_equal(frame["reading"], row)
        assert np.array_equal(frame["along"], along)
    _, later = wire.decode(session.progress(0, 0, steps[-1] + 1))
    assert len(later["reading_steps"]) == 0


def test_the_story_is_told_with_the_progress(open_session: Opener) -> None:
    script = Script()
    end = script.gate(30)
    session = open_session(script)
    do(session, Pause())
    step = do(session, SetValues({"lr_g": 5e-4}))
    do(session, Play())
    end.wait()
    told, _ = progress(session)
    assert [event for event in told["events"] if event[1] == "change"] == [
        [step, "change", {"name": "lr_g", "old": 0.0002, "new": 0.0005}]
    ]
    assert told["status"]["diagnosis"]["state"] == "undecided"  # nothing is said of the first steps
    assert told["status"]["length"] == session.status().length


def test_a_loss_that_is_not_finite_is_in_the_story(open_session: Opener) -> None:
    script = Script()
    script.acts[4] = lambda engine: engine.generator.parameters_flat.fill_(float("nan"))
    session = open_session(script)
    until_failed(session)
    diagnosis = session.status().diagnosis
    assert diagnosis is not None
    assert (diagnosis.state, diagnosis.since) == ("diverged", 4)
    assert progress(session)[0]["events"][-1][:2] == [4, "diagnosis"]


@pytest.mark.slow
def test_the_way_to_the_target_ends_where_it_arrives() -> None:
    session = TrainingSession("target", device="cpu", threads=1)
    session.start()
    try:
        for _ in range(20):
            round_trip(session)
        assert session.status().step == 0  # nobody has looked yet
        while session.status().phase is not Phase.PAUSED:
            session.frame_after(0, 0)
            round_trip(session)
        round_trip(session)  # the last frame is there, too
        assert progress(session)[1]["kept"].tolist() == list(range(121))  # at its pace of one step a frame
        assert session.status().step == 120
        arrays = arrays_of(session.frame_at(120))
        points = wire.decode(session.points())[1]
        fakes, goals = (array.astype(np.int32) for array in (arrays["fakes"], points["reals"]))
        assert np.abs(fakes - goals[: len(fakes)]).max() <= 2  # rounding to int16
        receipt = session.send(Play())
        assert receipt.wait(LONG) is not None
        assert receipt.refusal is not None
        assert "Reset" in receipt.refusal
        do(session, Restart())
        assert session.status().step < 120 or session.status().phase is Phase.PAUSED
    finally:
        session.close(LONG)


def test_a_scenario_brings_its_pace_and_takes_it_along() -> None:
    session = TrainingSession("target", None, device="cpu", threads=1, paused=True)
    session.start()
    try:
        assert (session.status().pace, session.status().info.seed) == (1, 0)
        do(session, Restart(preset="quick", seed=3))
        assert (session.status().pace, session.status().info.seed) == (None, 3)
        do(session, SetPace(10))
        assert session.status().pace_chosen
        do(session, Restart(seed=4))
        assert (session.status().pace, session.status().info.seed) == (10, 4)  # the visitor's own
        do(session, Restart(preset="target"))
        assert (session.status().pace, session.status().pace_chosen) == (1, False)
    finally:
        session.close(LONG)
