"""The rows of a share, held against runs that are trained and measured otherwise."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.looking.measures.modes import mode_quality
from gan_core.looking.measures.quality import coverage, on_band, spread
from gan_core.looking.probe import LIVE_POINTS, Probe
from gan_core.run.observer import Observer
from gan_core.run.run import begin
from gan_core.setup.presets import PRESETS
from gan_core.sweep.axis import read_axis
from gan_core.sweep.eye import READ
from gan_core.sweep.member import TOLD
from gan_core.sweep.plan import Plan, Task
from gan_core.sweep.work import Share, work
from gan_core.training.engine import GANEngine
from gan_core.training.networks import MLP

PLAN = Plan("blank", 120, (0, 1), (read_axis("lr_g=1e-3,1e-2"),))
SHORT = replace(PLAN, steps=40)
DIVERGES = Plan(
    "blank",
    60,
    (0,),
    (read_axis("penalty_weight=0.001,1000"),),  # so high a weight throws D out, once the rates are high, too
    config=(("optimiser", "sgd"), ("objective", "least-squares"), ("penalty", "r1+r2")),
    changes=((20, "lr_g", 0.1), (20, "lr_d", 0.1)),
)


def tasks(plan: Plan = PLAN) -> list[Task]:
    return [task for _, task in plan.tasks()]


def rows(*of: Task, seconds: float = 1e9, together: bool = False) -> list[dict[str, Any]]:
    """Trained to the end, share by share; without what differs from one time to the next."""
    found: list[dict[str, Any]] = []
    for part in [of] if together else [(task,) for task in of]:
        share = Share(part, {}, seconds)
        while share.tasks:
            back = work(share)
            found += back.rows
            share = Share(tuple(task for task in part if task.key in back.unfinished), back.unfinished, seconds)
    return [{name: value for name, value in row.items() if name != "seconds"} for row in found]


def engine_of(task: Task) -> GANEngine:
    return GANEngine(task.experiment, task.seed, device="cpu", precision="float32", threads=1)


def test_a_row_tells_what_an_engine_of_its_own_comes_to() -> None:
    task = tasks()[1]
    (row,) = rows(task)
    engine = engine_of(task)
    losses = [(m.d_loss, m.g_loss) for m in engine.advance(120)]
    with torch.no_grad():
        fakes = engine.generator(Probe(engine.config, engine.compute.device).latents[:LIVE_POINTS])
    assert row["told"] == [12 * (i + 1) for i in range(TOLD)]
    end = {name: along[-1] for name, along in row["readings"].items()}
    assert set(end) == set(READ)
    assert engine.target.modes is not None
    expected = {
        "coverage": coverage(fakes, engine.target),
        "on_band": on_band(fakes, engine.target),
        "spread": spread(fakes),
        **mode_quality(fakes, engine.target.modes),
        "d_loss": losses[-1][0],  # there is a look at every step of so short a run
        "g_loss": losses[-1][1],
    }
    for name in set(expected) & set(end):
        assert end[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-6), name
    shown = np.frombuffer(base64.b64decode(row["fakes"]), "<i2").reshape(-1, 2) / 32_767
    np.testing.assert_allclose(shown, fakes[: len(shown)].numpy(), atol=2e-5)
    assert (row["samples"], row["gradients"]) == (120 * (64 + 64 + 128), 240)


def test_the_verdict_is_that_of_any_run_that_nobody_watches() -> None:
    for name, steps, changes in (("blank", 120, ()), ("blank", 120, ((50, "lr_g", 0.1),))):
        (task,) = tasks(Plan(name, steps, (3,), changes=changes))
        (row,) = rows(task)
        run = begin(PRESETS[name], 3, device="cpu", threads=1)
        observer = Observer(run, steps)
        for step in range(1, steps + 1):
            for _, value, number in (change for change in changes if change[0] == step):
                run.change({value: number})
            observer.step()
        assert (row["verdict"], row["since"]) == (run.chronicle.diagnosis.state, run.chronicle.diagnosis.since), name


def test_a_change_is_in_force_from_its_step_on() -> None:
    plan = replace(PLAN, seeds=(0,), axes=(), changes=((31, "lr_g", 0.05), (60, "beta1_d", 0.0)))
    (task,) = tasks(plan)
    (row,) = rows(task)
    engine = engine_of(task)
    engine.advance(30)
    engine.set(lr_g=0.05)
    engine.advance(29)
    engine.set(beta1_d=0.0)
    last = engine.advance(61)[-1]
    assert row["readings"]["d_loss"][-1] == pytest.approx(last.d_loss, rel=1e-5)


@pytest.mark.parametrize("together", [False, True])
def test_wherever_a_share_is_cut_the_rows_are_the_same(together: bool) -> None:
    whole = rows(*tasks(SHORT))
    cut = rows(*tasks(SHORT), seconds=0.0, together=together)  # after every look
    assert sorted(cut, key=lambda row: row["key"]) == sorted(whole, key=lambda row: row["key"])


def test_a_batch_gives_the_rows_of_each_alone_whoever_ends_first() -> None:
    plan = Plan("blank", 200, (0, 1, 2), (read_axis("lr_g=1e-3,1e-2"),), until="covering or on_band >= 0.9")
    alone = rows(*tasks(plan))
    assert len({row["steps"] for row in alone}) > 1
    assert {row["ended"] for row in alone} >= {"until"}
    together = rows(*tasks(plan), together=True)
    assert sorted(together, key=lambda row: row["key"]) == sorted(alone, key=lambda row: row["key"])


def test_a_condition_ends_a_run_at_the_first_look_at_which_it_holds() -> None:
    (task,) = tasks(Plan("blank", 120, (0,), (read_axis("lr_g=0.01"),)))
    (whole,) = rows(task)
    first = next(i for i, value in enumerate(whole["readings"]["on_band"]) if value >= 0.9)
    until = replace(task, until="on_band >= 0.9")
    (row,) = rows(until)
    assert row["ended"] == "until"
    assert whole["told"][first - 1] < row["steps"] <= whole["told"][first]
    assert row["told"][-1] == row["steps"]
    assert row["readings"]["on_band"][-1] >= 0.9
    (at_step,) = rows(replace(task, until="step >= 77"))
    assert (at_step["steps"], at_step["ended"]) == (77, "until")


def test_a_run_that_diverges_ends_there_and_the_others_go_on() -> None:
    calm, wild = tasks(DIVERGES)
    engine = engine_of(wild)
    broken = next(
        step
        for step in count(1)
        if (engine.set(lr_g=0.1, lr_d=0.1) if step == 20 else None) or not engine.step().is_finite()
    )
    assert broken <= 60
    found = {row["key"]: row for row in rows(calm, wild, together=True)}
    row = found[wild.key]
    assert (row["verdict"], row["ended"], row["steps"]) == ("diverged", "diverged", broken - 1)
    assert found[calm.key] == rows(calm)[0]
    assert found[calm.key]["steps"] == 60


def test_a_damaged_checkpoint_is_told_of() -> None:
    task = tasks()[0]
    back = work(Share((task,), {}, 0.0))
    data = back.unfinished[task.key]
    for damaged in (b"", data[: len(data) // 2], data.replace(b'"steps":1', b'"steps":2')):
        with pytest.raises(ValueError, match=r"\.$"):
            work(Share((task,), {task.key: damaged}))


def test_a_share_that_has_no_time_gets_on_all_the_same() -> None:
    task = tasks()[0]
    clock = count(0, 1000)
    back = work(Share((task,), {}, 1.0), clock=lambda: float(next(clock)))
    assert back.unfinished
    assert not back.rows


def test_looks_are_told_as_they_come() -> None:
    task = tasks()[0]
    told: list[tuple[str, dict[str, Any]]] = []
    (row,) = work(Share((task,)), tell=lambda key, look: told.append((key, dict(look)))).rows
    assert [look["step"] for _, look in told] == list(range(1, 121))
    assert {key for key, _ in told} == {task.key}
    at_the_end = told[-1][1]
    assert at_the_end["state"] == row["verdict"]
    assert at_the_end["fakes"] == row["fakes"]
    assert math.isclose(at_the_end["coverage"], row["readings"]["coverage"][-1], rel_tol=1e-5)


def test_what_is_measured_at_the_end_is_of_the_generator_of_that_run() -> None:
    """Trained together and cut into shares, it is that of the run trained by its own engine."""

    def measure(task: Task, generator: MLP) -> dict[str, float]:
        return {"seed": task.seed, "sum": float(generator.parameters_flat.double().sum()), "none": math.nan}

    a, b = tasks(SHORT)[:2]
    found = list(work(Share((a, b)), measure=measure).rows)
    begun = work(Share((a,), {}, 0.0), measure=measure).unfinished
    while begun:
        back = work(Share((a,), begun, 0.0), measure=measure)
        found, begun = [*found, *back.rows], back.unfinished
    for row in found:
        task = a if row["key"] == a.key else b
        engine = GANEngine(task.experiment, task.seed, device="cpu", precision="float32", threads=1)
        engine.advance(task.steps)
        expected = float(engine.generator.parameters_flat.double().sum())
        assert row["measured"] == {"seed": task.seed, "sum": pytest.approx(expected, rel=1e-5), "none": None}
    assert len(found) == 3
    assert "measured" not in work(Share((a,))).rows[0]


def test_nothing_is_measured_of_a_run_that_diverged() -> None:
    rows = work(Share(tuple(tasks(DIVERGES))), measure=lambda task, generator: {"modes": 1.0}).rows
    assert {row["ended"]: row["measured"] for row in rows} == {"steps": {"modes": 1.0}, "diverged": {}}
