"""Through which lenses frames are made while a run trains, and at rest; on a clock of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from gan_core.live.board import Board
from gan_core.live.looker import Looker
from gan_core.live.tempo import Pace
from gan_core.looking.lenses import LENSES
from gan_core.run.run import Run, begin
from gan_core.setup.plane import Plane
from gan_core.setup.presets import Preset

ARRAYS = {"units": "unit_maps", "tears": "stretch"}


@pytest.fixture
def _asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.live.audience.WATCHED_FOR", float("inf"))


def begin_on_one_thread(preset: Preset) -> Run:
    return begin(preset, 1, device="cpu", precision="float32", threads=1)


def looking_at(run: Run, clock: Callable[[], float] = lambda: 0.0) -> tuple[Looker, Board]:
    """A looker that renders in turn with the training, on this thread alone, and its board."""
    changed = threading.Condition()
    board = Board(changed, 0)
    clocks = {"clock": clock, "wall_clock": lambda: 0.0}
    looker = Looker(changed, board, lambda frame, payload: None, leaves_a_core=lambda threads: False, **clocks)
    looker.turn_to(run, ((1, None),))
    return looker, board


@pytest.mark.usefixtures("_asked_for_ever")
def test_what_units_compute_comes_now_and_then_while_a_run_moves_and_always_at_rest(tiny: Preset) -> None:
    run, now = begin_on_one_thread(tiny), [0.0]
    looker, board = looking_at(run, lambda: now[0])
    pause = LENSES["units"].pause
    assert pause >= 0.5  # twice a second at most

    def seen_at(time: float, *, moving: bool) -> set[str]:
        now[0] = time
        run.trained(run.engine.advance(1), 0.001)
        looker.look(moving=moving)
        assert run.history.newest is not None
        assert run.history.newest.step == run.step
        return {lens for lens, array in ARRAYS.items() if array in run.history.newest.lenses}

    assert seen_at(0.0, moving=True) == set()  # nobody has asked: it costs nothing
    board.frame_after(0, 0, ("units", "tears"), lambda: False)
    assert seen_at(0.1, moving=True) == {"units", "tears"}
    assert seen_at(0.1 + 0.5 * pause, moving=True) == {"tears"}
    assert seen_at(0.1 + 0.9 * pause, moving=True) == {"tears"}
    assert seen_at(0.1 + 1.1 * pause, moving=True) == {"units", "tears"}
    assert seen_at(0.1 + 1.2 * pause, moving=True) == {"tears"}
    assert seen_at(0.1 + 1.3 * pause, moving=False) == {"units", "tears"}


@pytest.mark.usefixtures("_asked_for_ever")
def test_another_plane_through_latent_space_is_shown_at_once_and_then_sharp(tiny: Preset) -> None:
    wide = replace(tiny, config=replace(tiny.config, latent_dim=4))
    run = begin_on_one_thread(wide)
    looker, _ = looking_at(run)
    run.trained(run.engine.advance(3), 0.001)
    looker.look(moving=False)
    while not looker.shows_all():
        looker.sharpen()
    looker.sharpen()  # the first part of one more, which the turn gives up
    plane = Plane(3, 2, 4, 40.0)
    weights = [network.parameters_flat.clone() for network in (run.engine.generator, run.engine.discriminator)]
    looker.show_plane(plane)
    assert not looker.shows_all()
    looker.sharpen()
    there = run.history.newest
    assert there is not None
    assert (there.step, there.plane) == (3, plane)
    assert there.resolution < 400
    while not looker.shows_all():
        looker.sharpen()
    sharp = run.history.newest
    assert sharp is not None
    expected = run.look(0.0, resolution=400, points=5000, plane=plane)
    assert (sharp.latent_map == expected.latent_map).all()
    assert (sharp.latent_map != run.look(0.0, resolution=400, points=5000).latent_map).any()
    assert torch.equal(run.engine.generator.parameters_flat, weights[0])
    assert torch.equal(run.engine.discriminator.parameters_flat, weights[1])
    looker.turn_to(begin_on_one_thread(wide), tiny.paces)
    assert looker.plane == plane  # as many numbers: it is still there
    looker.turn_to(begin_on_one_thread(tiny), tiny.paces)
    assert looker.plane == Plane()


@pytest.mark.usefixtures("_asked_for_ever")
def test_at_rest_the_frame_that_is_there_gets_what_its_units_compute_at_once(tiny: Preset) -> None:
    run = begin_on_one_thread(tiny)
    looker, board = looking_at(run)
    run.trained(run.engine.advance(3), 0.001)
    looker.look(moving=False)
    before = run.history.newest
    assert before is not None
    assert not before.lenses
    board.frame_after(0, 0, ("units", "tears"), lambda: False)
    looker.sharpen()  # one short part of a sharp frame
    there = run.history.newest
    assert there is not None
    assert (there.step, there.resolution) == (before.step, before.resolution)
    assert there.latent_map is before.latent_map
    how = {"resolution": 24, "points": 10, "lenses": ("units",)}
    expected = run.look(0.0, **how).lenses
    assert there.lenses.keys() == expected.keys()
    assert all((there.lenses[name] == array).all() for name, array in expected.items())
    while not looker.shows_all():
        looker.sharpen()
    assert run.history.newest is not None
    assert set(ARRAYS.values()) < set(run.history.newest.lenses)
    assert run.history.newest.resolution == 400


@pytest.mark.usefixtures("_asked_for_ever")
def test_where_every_step_is_seen_its_frame_is_put_up_once_the_next_is_trained(tiny: Preset) -> None:
    """Each is shown once, as it was before the next step; and when training stops, the last one is shown at once."""
    run, straight = begin_on_one_thread(tiny), begin_on_one_thread(tiny)
    now, put_up = [0.0], []
    looker, board = looking_at(run, lambda: now[0])
    looker.tempo.chosen = Pace(1)
    looker.look(moving=False)
    for step in range(1, 6):
        run.trained(run.engine.advance(1), 0.001)
        while looker.holds_back(lambda: False, 0.001):
            board.frame_after(0, 0, (), lambda: False)  # somebody takes what hangs there
            now[0] += 0.05
        assert run.history.newest is not None
        put_up.append(run.history.newest)
        assert put_up[-1].step == step - 1 == run.step - 1
    looker.show_present_step()
    put_up.append(run.history.newest)
    for frame in put_up[1:]:
        straight.trained(straight.engine.advance(1), 0.001)
        assert frame is not None
        expected = straight.look(0.0, resolution=frame.resolution, points=len(frame.fakes))
        assert frame.step == expected.step
        assert (frame.latent_map == expected.latent_map).all()
        assert (frame.fakes == expected.fakes).all()
    looker.holds_back(lambda: False, 0.001)
    run.trained(run.engine.advance(1), 0.001)
    looker.holds_back(lambda: False, 0.001)  # the frame of step 6 is ready
    looker.turn_to(straight, tiny.paces)
    looker.put_up_what_is_ready()
    assert straight.history.newest is None  # it was of another run
