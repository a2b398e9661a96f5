"""Frames rendered beside the training: the same ones, of the same run, and training goes on without them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core.live.beside import Beside
from gan_core.live.session import TrainingSession
from gan_core.looking.probe import LIVE_LEVELS, Probe
from gan_core.records.commands import Command, Pause, Restart, SetLooking, SetPace
from gan_core.records.frames import Moment, Snapshot
from gan_core.records.status import Phase
from gan_core.setup.plane import Plane
from gan_core.setup.presets import PRESETS, Preset
from gan_core.system import child
from gan_core.training.compute import leaves_a_core, resolve, spare_cores
from gan_core.training.engine import GANEngine
from gan_core.wire import frames as wire
from sizes import resized

LONG = 120.0  # seconds: how long to wait for what must come


def loaded(beside: Beside) -> Beside:
    """Once its pipe's thread is through with what it began with."""
    beside._pipe_thread.submit(bool).result(LONG)
    return beside


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    beside = loaded(Beside())
    assert beside.usable()
    yield beside
    beside.close()


def arrays(frame: Snapshot) -> dict[str, np.ndarray]:
    assert frame.reading is not None
    return {
        "latent_map": frame.latent_map,
        "sample_map": frame.sample_map,
        "fakes": frame.fakes,
        "image": frame.image,
        "centre": np.array(frame.trail_point.centre),
        "bluest": np.array(frame.trail_point.bluest),
        "readings": frame.reading.values,
        "along": frame.reading.along,
        **frame.lenses,
    }


def assert_same(found: Snapshot, wanted: Snapshot) -> None:
    assert found.moment == wanted.moment
    expected = arrays(wanted)
    assert arrays(found).keys() == expected.keys()
    for name, array in arrays(found).items():
        assert array.dtype == expected[name].dtype
        assert array.tobytes() == expected[name].tobytes(), name


def hand_over(beside: Beside, engine: GANEngine, now: float, **more: object) -> None:
    moment = Moment(1, engine.steps, 0.0)
    networks = engine.generator, engine.discriminator
    beside.hand_over(engine.config, engine.compute, networks, moment, now, **more)  # type: ignore[arg-type]


def look(engine: GANEngine, resolution: int, **more: object) -> Snapshot:
    """The frame of the engine as it is, at the level that has this resolution: which one it is depends on speed."""
    probe = Probe(engine.config, torch.device("cpu"))
    (level,) = [level for level in LIVE_LEVELS if level.resolution == resolution]
    moment = Moment(1, engine.steps, 0.0)
    return probe.look(engine.generator, engine.discriminator, moment, **level._asdict(), **more)


@pytest.mark.parametrize("lenses", [(), ("pull", "best-d", "tears")])
@pytest.mark.parametrize("width", [16, 288])  # the wider one is looked at in tiles
def test_a_frame_is_the_same_bit_for_bit(beside: Beside, tiny: Preset, width: int, lenses: tuple[str, ...]) -> None:
    preset = replace(tiny, config=resized(tiny.config, width, 3))
    engine = GANEngine(preset, 3, device="cpu", threads=1)
    for _ in range(5):
        engine.step()
    more = {"lenses": lenses, "of_g": engine.beside_generator() if lenses else {}}
    before = engine.state()
    hand_over(beside, engine, time.perf_counter(), **more)
    engine.step()  # what is trained meanwhile does not show
    frame = beside.take(wait=True)
    assert frame is not None
    engine.restore(before)
    assert_same(frame, look(engine, frame.resolution, **more))
    assert beside.take(wait=True) is None  # each comes once


def test_a_turned_plane_is_the_same_there(beside: Beside, tiny: Preset) -> None:
    config = replace(tiny.config, latent="normal", latent_dim=3)
    engine, plane = GANEngine(replace(tiny, config=config), 3, device="cpu", threads=1), Plane(3, 1, 2, 70.0)
    engine.step()
    hand_over(beside, engine, time.perf_counter(), plane=plane)
    frame = beside.take(wait=True)
    assert frame is not None
    assert frame.plane == plane
    expected = look(engine, frame.resolution, plane=plane)
    assert_same(frame, expected)
    assert frame.latents is not None
    assert np.array_equal(frame.latents, expected.latents)


def test_a_frame_cannot_be_written_to(beside: Beside, tiny: Preset) -> None:
    hand_over(beside, GANEngine(tiny, device="cpu"), time.perf_counter(), lenses=("best-d",))
    frame = beside.take(wait=True)
    assert frame is not None
    found = arrays(frame)
    assert not any(found[name].flags.writeable for name in found if name not in ("centre", "bluest"))


def test_what_is_not_finite_is_told(beside: Beside, tiny: Preset) -> None:
    engine = GANEngine(tiny, device="cpu")
    engine.discriminator.parameters_flat.fill_(torch.nan)
    hand_over(beside, engine, time.perf_counter())
    with pytest.raises(FloatingPointError, match="not a finite number"):
        beside.take(wait=True)
    assert beside.usable()


def test_one_at_a_time_and_no_more_than_thirty_a_second(beside: Beside, tiny: Preset) -> None:
    engine, start = GANEngine(tiny, device="cpu"), time.perf_counter() + 1
    assert beside.due(start)
    hand_over(beside, engine, start)
    assert not beside.due(start + 1)  # it has one in hand
    beside.take(wait=True)
    assert beside.due(start)  # the one before is long ago: one frame is made up for
    hand_over(beside, engine, start)
    beside.take(wait=True)
    assert not beside.due(start + 0.033)
    assert beside.due(start + 0.034)


def test_a_process_that_ends_is_no_longer_used(tiny: Preset, caplog: pytest.LogCaptureFixture) -> None:
    beside, engine = loaded(Beside()), GANEngine(tiny, device="cpu")
    assert beside._process is not None
    beside._process.kill()
    beside._process.join()
    with caplog.at_level(logging.WARNING, "ganscope"):
        hand_over(beside, engine, 0.0)
        assert beside.take(wait=True) is None
    assert "in turn with the training from here on" in caplog.text
    assert not beside.usable()
    beside.close()


def test_a_process_that_cannot_be_started_is_no_longer_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Cannot allocate memory")

    monkeypatch.setattr(child, "start", refuse)
    with caplog.at_level(logging.WARNING, "ganscope"):
        beside = loaded(Beside())
    assert "Cannot allocate memory" in caplog.text
    assert not beside.usable()
    beside.close()


# -- the session ------------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tiny: Preset) -> Iterator[TrainingSession]:
    """A session at full speed that is looked at for ever, on a machine with a core left over."""
    monkeypatch.setattr("gan_core.live.audience.WATCHED_FOR", float("inf"))
    session = TrainingSession(
        "quick",
        5,
        device="cpu",
        threads=1,
        leaves_a_core=lambda threads: True,
        make_engine=lambda preset, seed, **options: GANEngine(tiny, seed, **options),
    )
    session.send(SetPace(None))
    session.frame_after(0, 0)
    session.start()
    yield session
    session.close(LONG)


def do(session: TrainingSession, command: Command) -> None:
    """Send, and wait until it is in force."""
    assert session.send(command).wait(LONG) is not None


def next_frame(session: TrainingSession, version: int) -> int:
    """Wait for a frame newer than this version; returns its own."""
    payload = session.frame_after(version, LONG)
    assert payload is not None
    return int(wire.decode(payload)[0]["version"])


def renderer(session: TrainingSession) -> Beside:
    """What renders the session's frames, once it has loaded."""
    version = 0
    while session.trainer.looker._beside is None:
        version = next_frame(session, version)
    return loaded(session.trainer.looker._beside)


def frames_rendered_beside(session: TrainingSession, count: int) -> list[Snapshot]:
    """So many different frames that were published after the process has loaded."""
    assert renderer(session).usable()
    version, seen = next_frame(session, 0), {}
    while len(seen) <= count:
        version = next_frame(session, version)
        newest = session.latest()
        assert newest is not None
        seen[newest.step] = newest
    return [seen[step] for step in sorted(seen)][1:]


def assert_rendered_of(frames: list[Snapshot], tiny: Preset) -> None:
    """Each frame is the one that a bare engine of the same seed gives at its step."""
    engine = GANEngine(tiny, 5, device="cpu", threads=1)
    for frame in frames:
        while engine.steps < frame.step:
            engine.step()
        expected = look(engine, frame.resolution)
        for name in ("latent_map", "sample_map", "fakes", "image"):
            assert np.array_equal(getattr(frame, name), getattr(expected, name)), (name, frame.step)


@pytest.mark.slow
def test_a_session_shows_the_same_frames_of_the_same_run(
    watched: TrainingSession, tiny: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = frames_rendered_beside(watched, 5)
    in_turn: list[int] = []
    original = Probe.look_in_parts

    def look_in_parts(self: Probe, *of: object, **how: object) -> Iterator:
        in_turn.append(of[2].step)  # type: ignore[attr-defined]
        return original(self, *of, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Probe, "look_in_parts", look_in_parts)
        frames += frames_rendered_beside(watched, 3)
        assert in_turn == []
    do(watched, Pause())
    newest, status = watched.latest(), watched.status()
    assert newest is not None
    assert (status.phase, status.step) == (Phase.PAUSED, newest.step)
    steps = [frame.step for frame in [*frames, newest]]
    assert steps == sorted(steps)
    assert_rendered_of([*frames, newest], tiny)


@pytest.mark.slow
def test_a_new_run_shows_none_of_the_old_ones_frames(watched: TrainingSession) -> None:
    for _ in range(5):
        frames_rendered_beside(watched, 1)
        do(watched, Restart())
        newest = watched.latest()
        assert newest is not None
        assert newest.moment.run == watched.status().info.run


@pytest.mark.slow
def test_training_and_frames_go_on_when_the_process_ends(watched: TrainingSession, tiny: Preset) -> None:
    beside, version = renderer(watched), 0
    assert beside._process is not None
    beside._process.kill()
    while beside.usable():  # until the next frame is asked for
        do(watched, SetLooking(0.9))
    step = watched.status().step
    while (newest := watched.latest()) is None or newest.step <= step:
        version = next_frame(watched, version)
    assert watched.status().phase is Phase.TRAINING
    assert_rendered_of([newest], tiny)


@pytest.mark.slow
def test_what_diverges_ends_the_run_with_a_sentence(watched: TrainingSession) -> None:
    frames_rendered_beside(watched, 1)
    watched.trainer.run.engine.discriminator.parameters_flat.fill_(torch.nan)
    while watched.status().phase is not Phase.FAILED:
        do(watched, SetLooking(0.15))


# -- cores ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cores", "spare", "article", "article_leaves", "quick_leaves"),
    [
        (1, 0, 1, False, False),
        (2, 0, 2, False, False),
        (3, 0, 3, False, True),
        (4, 1, 3, True, True),
        (16, 1, 15, True, True),
    ],
)
def test_a_core_is_left_to_looking_from_four_on(
    monkeypatch: pytest.MonkeyPatch, cores: int, spare: int, article: int, article_leaves: bool, quick_leaves: bool
) -> None:
    monkeypatch.setattr("gan_core.training.compute._CORES", cores)
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)
    assert spare_cores() == spare
    wide = resolve("cpu", spare=spare_cores(), width=PRESETS["mode-collapse"].config.widest)
    assert wide.threads == article
    assert leaves_a_core(wide.threads) is article_leaves
    assert leaves_a_core(1) is quick_leaves
    assert resolve("cpu", width=512).threads == cores  # where nobody looks
    assert resolve("cpu", threads=cores, spare=spare, width=512).threads == cores  # as asked for
