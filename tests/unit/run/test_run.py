"""One run as it goes, without a session: against a bare engine, and what its keeper and its readers are told."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import pytest

from digest import digest
from gan_core.records.frames import Snapshot
from gan_core.records.steps import Change, InForce, StepMetrics
from gan_core.run.observer import Observer
from gan_core.run.run import Run, begin
from gan_core.setup.presets import Preset
from gan_core.training.engine import GANEngine, State

HOW = {"device": "cpu", "precision": "float32", "threads": 1}


class Lock:
    """Notes whether it is held."""

    held = False

    def __enter__(self) -> None:
        assert not self.held
        self.held = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.held = False


class Notes:
    """A keeper that writes nothing down but what it was told, in order."""

    def __init__(self, *, wants: bool = False) -> None:
        self.told: list[tuple[object, ...]] = []
        self.wants = wants

    def trained(self, metrics: Sequence[StepMetrics], seconds: float) -> None:
        self.told.append(("trained", [m.step for m in metrics], seconds))

    def changed(self, change: Change) -> None:
        self.told.append(("changed", change))

    def begins_gesture(self) -> bool:
        return not any(what == "changed" for what, *_ in self.told)

    def wants_checkpoint(self) -> bool:
        return self.wants

    def checkpoint(self, step: int, state: State) -> None:
        self.told.append(("checkpoint", step, digest(state)))


def straight(tiny: Preset, steps: int, changes: dict[int, dict[str, float]]) -> tuple[GANEngine, list[StepMetrics]]:
    engine, metrics = GANEngine(tiny, 5, **HOW), []
    for step in range(1, steps + 1):
        engine.set(**changes.get(step, {}))
        metrics.append(engine.step())
    return engine, metrics


def test_it_is_what_a_bare_engine_trains(tiny: Preset) -> None:
    changes = {11: {"lr_g": 0.01}, 31: {"beta1_d": 0.25, "lr_d": 0.002}}
    engine, metrics = straight(tiny, 40, changes)
    run = begin(tiny, 5, **HOW)
    run.set_out(40, [Change(step, name, 0.0, new) for step, of in changes.items() for name, new in of.items()])
    while not run.arrived():
        run.make_due_changes()
        done = run.engine.advance(run.steps_until_something(7))
        assert run.trained(done, 0.5) is None
    assert digest(run.engine.state()) == digest(engine.state())
    assert run.history.metrics.read(0, 100).tolist() == [
        pytest.approx([m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy], rel=1e-7) for m in metrics
    ]
    assert run.values["lr_g"] == InForce(0.01, 11)
    assert [(c.step, c.name, c.old) for c in run.history.changes_from(0)[1]] == [
        (11, "lr_g", tiny.values.lr_g),
        (31, "beta1_d", tiny.values.beta1_d),
        (31, "lr_d", tiny.values.lr_d),
    ]


def test_its_keeper_is_told_in_order(tiny: Preset) -> None:
    run, keeper = begin(tiny, 5, **HOW), Notes()
    run.keeper = keeper
    run.trained(run.engine.advance(3), 0.25)
    before = digest(run.engine.state())
    run.change({"lr_g": 0.01, "lr_d": tiny.values.lr_d})  # one of them is as it was
    run.change({"lr_g": 0.02})  # of the same gesture
    keeper.wants = True
    run.trained(run.engine.advance(1), 0.1)
    assert keeper.told == [
        ("trained", [1, 2, 3], 0.25),
        ("checkpoint", 3, before),
        ("changed", Change(4, "lr_g", tiny.values.lr_g, 0.01)),
        ("changed", Change(4, "lr_g", 0.01, 0.02)),
        ("trained", [4], 0.1),
        ("checkpoint", 4, digest(run.engine.state())),
    ]


@pytest.mark.parametrize("asked", ["trained", "begins_gesture", "changed"])
def test_its_keeper_may_be_taken_away_at_any_moment(tiny: Preset, asked: str) -> None:
    """Another thread may do that: a benchmark does, to go on without recording."""
    run = begin(tiny, 5, **HOW)

    class Goes(Notes):
        def __getattribute__(self, name: str) -> object:
            if name == asked:
                run.keeper = None
            return super().__getattribute__(name)

    run.keeper = keeper = Goes(wants=True)
    run.trained(run.engine.advance(1), 0.25)
    if asked != "trained":
        run.change({"lr_g": 0.01})
    assert run.keeper is None
    assert "checkpoint" in [what for what, *_ in keeper.told]


def test_what_readers_see_changes_under_the_lock(tiny: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = Lock()
    run = begin(tiny, 5, lock=lock, **HOW)
    seen: list[bool] = []
    for name in ("append", "add_change"):
        owner = run.history.metrics if name == "append" else run.history
        kept = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda what, kept=kept: (seen.append(lock.held), kept(what)))
    run.trained(run.engine.advance(1), 0.0)
    run.change({"lr_g": 0.01})
    assert seen == [True, True]


def test_a_step_without_finite_losses_is_not_taken_in(tiny: Preset) -> None:
    run = begin(tiny, 5, **HOW)
    run.trained(run.engine.advance(1), 0.0)
    m = run.engine.step()
    broken = StepMetrics(m.step, float("inf"), m.d_accuracy, m.g_loss, m.g_accuracy)
    assert run.trained([broken], 0.0) is broken
    assert (run.step, run.history.metrics.rows) == (1, 1)
    run.failed()
    assert run.chronicle.diagnosis.state == "diverged"


def test_steps_that_are_known_are_not_taken_in_again(tiny: Preset) -> None:
    engine = GANEngine(tiny, 5, **HOW)
    first = begin(tiny, 5, **HOW)
    for _ in range(10):
        first.trained(first.engine.advance(1), 0.0)
    again = Run(first.recipe, engine, first.history, known=10)
    keeper = Notes(wants=True)
    again.keeper = keeper
    assert again.repeats()
    for _ in range(10):
        again.trained(engine.advance(1), 0.0)
    assert (again.repeats(), again.note, keeper.told) == (False, None, [])
    assert again.history.metrics.rows == 10
    again.trained(engine.advance(1), 0.5)
    assert keeper.told[0] == ("trained", [11], 0.5)


def test_other_numbers_than_recorded_are_noted(tiny: Preset) -> None:
    first = begin(tiny, 5, **HOW)
    first.trained(first.engine.advance(1), 0.0)
    again = Run(first.recipe, GANEngine(tiny, 6, **HOW), first.history, known=1)
    again.trained(again.engine.advance(1), 0.0)
    assert again.note is not None
    assert "Step 1" in again.note


def test_an_observer_has_the_readings_of_one_who_watches(tiny: Preset) -> None:
    kept: list[tuple[Snapshot, int]] = []
    observer = Observer(begin(tiny, 5, **HOW), 60, kept=lambda frame, path: kept.append((frame, len(path))))
    for _ in range(60):
        assert observer.step()[1]
    assert [frame.step for frame, _ in kept] == list(range(1, 61))
    assert [length for _, length in kept] == list(range(1, 61))
    assert digest(observer.run.engine.state()) == digest(straight(tiny, 60, {})[0].state())
    assert observer.read()["coverage"] is not None
