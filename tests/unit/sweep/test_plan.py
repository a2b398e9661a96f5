from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gan_core.setup.presets import PRESETS
from gan_core.sweep.axis import Axis, read_axis
from gan_core.sweep.plan import MAX_RUNS, RECIPE, Plan, changes_of, read_plan

LR, BETA = read_axis("lr_g=1e-4,1e-3"), read_axis("beta1_g=0,0.5,0.9")
PLAN = Plan(
    "blank", 40, (0, 1), (LR, BETA), config=(("batch", "64"),), changes=((20, "lr_d", 0.002),), until="covering"
)


def test_every_combination_with_every_seed() -> None:
    tasks = list(PLAN.tasks())
    assert len(tasks) == PLAN.runs == 12
    found = {(task.values.lr_g, task.values.beta1_g, task.seed) for _, task in tasks}
    assert found == {(lr, beta, seed) for lr in (1e-4, 1e-3) for beta in (0.0, 0.5, 0.9) for seed in (0, 1)}
    cell, task = tasks[0]
    assert cell == {"lr_g": "1e-4", "beta1_g": "0"}
    assert task.config.batch == 64
    assert (task.steps, task.until, task.seed) == (40, "covering", 0)


def test_a_key_is_of_the_run_and_not_of_the_plan() -> None:
    keys = {task.key for _, task in PLAN.tasks()}
    assert len(keys) == 12
    turned = replace(PLAN, axes=(BETA, LR), seeds=(1, 0, 2), preset="blank")
    assert keys < {task.key for _, task in turned.tasks()}
    for other in (
        replace(PLAN, steps=41),
        replace(PLAN, until=""),
        replace(PLAN, changes=()),
        replace(PLAN, config=()),
        replace(PLAN, seeds=(2, 3)),
    ):
        assert not keys & {task.key for _, task in other.tasks()}


def test_another_preset_with_the_same_experiment_is_the_same_run() -> None:
    """A preset is a label."""
    assert PRESETS["mode-collapse"].config == PRESETS["longer"].config
    (a,), (b,) = ([task for _, task in Plan(name, 10, (0,)).tasks()] for name in ("mode-collapse", "longer"))
    assert a.key == b.key


def test_those_that_can_be_one_batch_stand_behind_each_other() -> None:
    plan = replace(PLAN, axes=(LR, read_axis("batch=64,128"), BETA), config=())
    order = list(plan.for_training())
    assert {task.key for task in order} == {task.key for _, task in plan.tasks()}
    configs = [task.config.batch for task in order]
    assert configs == sorted(configs)
    assert [task.seed for task in order[:12]] == [0] * 6 + [1] * 6  # every cell soon has a run


def test_with_another_recipe_every_cell_is_there_twice() -> None:
    plan = replace(PLAN, against=(("objective", "hinge"), ("lr_d", "0.005")))
    cells = [(cell[RECIPE], task.config.objective, task.values.lr_d) for cell, task in plan.tasks()]
    assert len(cells) == plan.runs == 24
    assert set(cells) == {("a", "non-saturating", 0.001), ("b", "hinge", 0.005)}
    assert {task.key for task in plan.for_training()} == {task.key for _, task in plan.tasks()}


def test_beta1_is_that_of_both_players() -> None:
    tasks = [task for _, task in replace(PLAN, axes=(read_axis("beta1=0,0.9"), read_axis("lr=1e-4,1e-3"))).tasks()]
    assert {(t.values.beta1_g, t.values.beta1_d) for t in tasks} == {(0.0, 0.0), (0.9, 0.9)}
    assert {(t.values.lr_g, t.values.lr_d) for t in tasks} == {(1e-4, 1e-4), (1e-3, 1e-3)}


def test_changes_say_what_was_before() -> None:
    plan = replace(PLAN, changes=((30, "lr_d", 0.003), (20, "lr_d", 0.002)))
    (_, task), *_ = plan.tasks()
    assert [(c.step, c.old, c.new) for c in changes_of(task)] == [(20, 0.001, 0.002), (30, 0.002, 0.003)]


def test_a_plan_reads_back_from_json() -> None:
    plan = replace(PLAN, against=(("objective", "hinge"),))
    assert read_plan(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize(
    "damage",
    [
        {"steps": "40"},
        {"steps": -1},
        {"seeds": [0, "a"]},
        {"seeds": 5},
        {"axes": {"lr_g": []}},
        {"axes": {"lr_g": 3}},
        {"axes": [1]},
        {"changes": [[1, "lr_g"]]},
        {"changes": [[1, "lr_x", 0.1]]},
        {"changes": [[1, "lr_g", 5.0]]},
        {"config": "batch"},
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_plan({**PLAN.as_json(), **damage})


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (replace(PLAN, axes=(LR, LR)), "varied twice"),
        (replace(PLAN, axes=(Axis("lr_g", ("5",)),)), "lr_g must lie between"),
        (replace(PLAN, axes=(Axis("lr_gg", ("5",)),)), "nothing called 'lr_gg'"),
        (replace(PLAN, axes=(Axis("objective", ("hinge", "hunge")),)), "hunge"),
        (replace(PLAN, axes=(Axis("batch", ("64", "65")),)), "even number"),
        (replace(PLAN, seeds=tuple(range(MAX_RUNS))), "runs at most"),
        (replace(PLAN, axes=(Axis("lr_g", ("0.001", "1e-3")),)), "same run"),
        (replace(PLAN, until="modes >= 30 and"), "modes"),
        (replace(PLAN, until="chase > 3"), "not read of the runs of a sweep"),
        (replace(PLAN, config=(("target", "spiral"),), until="modes >= 5"), "modes"),
        (replace(PLAN, config=(("consensus", "1"),), axes=(Axis("updates", ("1:1", "5:1")),)), "updates=5:1: "),
    ],
)
def test_a_plan_of_which_a_run_cannot_be_trained_is_refused(plan: Plan, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan.check()


def test_a_good_plan_passes() -> None:
    PLAN.check()
