"""Reading requests, and merging commands: the effect must be that of one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.records.commands import (
    Branch,
    Command,
    Pause,
    Play,
    Repeat,
    Restart,
    SetLooking,
    SetPace,
    SetPauseWhen,
    SetPlane,
    SetValues,
    StepOnce,
    coalesce,
    parse,
)
from gan_core.records.condition import read_condition
from gan_core.records.steps import Change
from gan_core.setup.config import BOUNDS
from gan_core.setup.limits import MAX_SEED, MAX_STEPS_AT_ONCE, MAX_STEPS_PER_FRAME, check_seed
from gan_core.setup.plane import Plane


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ({"do": "set", "values": {"lr_g": 0.0002}}, SetValues({"lr_g": 0.0002})),
        ({"do": "set", "values": {"lr_g": 0.1, "beta1_d": 0}}, SetValues({"lr_g": 0.1, "beta1_d": 0.0})),
        ({"do": "looking", "share": 0.3}, SetLooking(0.3)),
        ({"do": "looking", "share": 0}, SetLooking(0.0)),
        ({"do": "pace", "steps": 1}, SetPace(1)),
        ({"do": "pace", "steps": MAX_STEPS_PER_FRAME}, SetPace(MAX_STEPS_PER_FRAME)),
        ({"do": "pace", "steps": None}, SetPace(None)),
        ({"do": "pace", "steps": 1, "per_second": 1}, SetPace(1, 1.0)),
        ({"do": "pace", "steps": 5, "per_second": None}, SetPace(5)),
        ({"do": "plane", "plane": [4, 1, 2, -7.5]}, SetPlane(Plane(4, 1, 2, -7.5))),
        ({"do": "pause-when", "condition": "Modes>=9"}, SetPauseWhen(read_condition("modes >= 9"))),
        ({"do": "pause-when", "condition": None}, SetPauseWhen(None)),
        ({"do": "pause-when"}, SetPauseWhen(None)),
        ({"do": "play"}, Play()),
        ({"do": "pause"}, Pause()),
        ({"do": "step"}, StepOnce(1)),
        ({"do": "step", "count": 1}, StepOnce(1)),
        ({"do": "step", "count": MAX_STEPS_AT_ONCE}, StepOnce(1000)),
        ({"do": "step", "count": 20, "only": "g"}, StepOnce(20, "g")),
        ({"do": "reset"}, Restart()),
        ({"do": "new-seed", "seed": 0}, Restart(seed=0)),
        ({"do": "new-seed", "seed": MAX_SEED}, Restart(seed=2**53 - 1)),
        ({"do": "preset", "name": "better"}, Restart(preset="better")),
        (
            {"do": "preset", "name": "quick", "config": {"batch": "64"}, "values": {"lr_g": 1e-4}},
            Restart(preset="quick", config={"batch": "64"}, values={"lr_g": 1e-4}),
        ),
        (
            {"do": "preset", "name": "quick", "config": {"generator": "1024,8,8,8,8,8,8,8:relu", "batch": "8192"}},
            Restart(preset="quick", config={"generator": "1024,8,8,8,8,8,8,8:relu", "batch": "8192"}),
        ),
        (
            {"do": "repeat", "preset": "quick", "config": {"updates": "5:1"}, "seed": 3, "step": 9}
            | {"values": {"lr_g": 0.1}, "changes": [[4, "lr_g", 0.01]], "sweep": "a-1"},
            Repeat("quick", 3, (Change(4, "lr_g", 0.1, 0.01),), 9, {"updates": "5:1"}, {"lr_g": 0.1}, "a-1"),
        ),
    ],
)
def test_every_kind_is_read(request_: object, command: Command) -> None:
    assert parse(request_) == command


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"do": "preset", "name": "quick", "config": {"widht": "64"}}, "widht"),
        ({"do": "preset", "name": "quick", "config": {"batch": 64}}, "texts"),
        ({"do": "preset", "name": "quick", "config": ["batch"]}, "config"),
        ({"do": "preset", "name": "quick", "config": {"batch": "1e99"}}, "batch"),
        ({"do": "preset", "name": "quick", "config": {"generator": "9" * 300}}, "generator"),
        (
            {"do": "preset", "name": "quick", "config": {"generator": "2048:relu"}},
            "generator may",
        ),
        ({"do": "preset", "name": "quick", "config": {"discriminator": "8,8,8,8,8,8,8,8,8:relu"}}, "discriminator may"),
        (
            {"do": "repeat", "preset": "quick", "config": {"batch": "16384"}, "seed": 3, "step": 9},
            "batch may",
        ),
        ({"do": "preset", "name": "quick", "values": {"lr_g": 7}}, "lr_g"),
        ({"do": "preset", "name": "quick", "values": 7}, "values"),
        ({"do": "repeat", "preset": "quick", "config": {"updates": "a"}, "seed": 3, "step": 9}, "updates"),
        ({"do": "repeat", "preset": "quick", "seed": 3, "step": 9, "sweep": "A/.."}, "id of a recorded run"),
        (None, "do"),
        ([], "do"),
        ("play", "do"),
        (3, "do"),
        ({}, "command"),
        ({"do": None}, "command"),
        ({"do": "explode"}, "explode"),
        ({"do": ["play"]}, "command"),
        ({"do": {}}, "command"),
        ({"do": "plane"}, "plane"),
        ({"do": "plane", "plane": [1, 2, 2, 0]}, "different"),
        ({"do": "set"}, "values"),
        ({"do": "set", "values": {}}, "values"),
        ({"do": "set", "values": [1]}, "values"),
        ({"do": "set", "values": {"lr": 0.1}}, "lr"),
        ({"do": "set", "values": {"lr_g": 0.1, "": 1}}, "''"),
        ({"do": "set", "values": {"lr_g": "0.1"}}, "lr_g"),
        ({"do": "set", "values": {"lr_g": None}}, "lr_g"),
        ({"do": "set", "values": {"lr_g": True}}, "lr_g"),
        ({"do": "set", "values": {"lr_g": 1.5}}, "lr_g"),
        ({"do": "set", "values": {"lr_g": 10**400}}, "lr_g"),
        ({"do": "set", "values": {"lr_g": 0.01, "beta1_g": math.nan}}, "beta1_g"),
        ({"do": "set", "values": {"beta1_d": -math.inf}}, "beta1_d"),
        ({"do": "looking"}, "share"),
        ({"do": "looking", "share": 1}, "share"),
        ({"do": "looking", "share": -0.1}, "share"),
        ({"do": "looking", "share": math.nan}, "share"),
        ({"do": "looking", "share": "half"}, "share"),
        ({"do": "pace", "steps": 0}, "steps"),
        ({"do": "pace", "steps": MAX_STEPS_PER_FRAME + 1}, "steps"),
        ({"do": "pace", "steps": 2.0}, "steps"),
        ({"do": "pace", "steps": True}, "steps"),
        ({"do": "pace", "steps": 1, "per_second": 0}, "per_second"),
        ({"do": "pace", "steps": 1, "per_second": 1000}, "per_second"),
        ({"do": "pace", "steps": 1, "per_second": "slow"}, "per_second"),
        ({"do": "pace", "steps": None, "per_second": 1}, "per_second"),
        ({"do": "step", "only": "h"}, "only"),
        ({"do": "step", "only": ["d"]}, "only"),
        ({"do": "step", "count": 0}, "count"),
        ({"do": "step", "count": MAX_STEPS_AT_ONCE + 1}, "count"),
        ({"do": "step", "count": 1.0}, "count"),
        ({"do": "step", "count": True}, "count"),
        ({"do": "step", "count": None}, "count"),
        ({"do": "new-seed"}, "seed"),
        ({"do": "new-seed", "seed": -1}, "seed"),
        ({"do": "new-seed", "seed": 2**53}, "seed"),
        ({"do": "new-seed", "seed": 1.5}, "seed"),
        ({"do": "new-seed", "seed": "7"}, "seed"),
        ({"do": "new-seed", "seed": True}, "seed"),
        ({"do": "preset"}, "preset"),
        ({"do": "preset", "name": "worse"}, "worse"),
        ({"do": "preset", "name": ["better"]}, "preset"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_each_bad_request_gets_a_sentence_that_names_the_field(request_: object, named: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        parse(request_)
    assert named in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(["set", "looking", "pace", "play", "pause", "step", "reset", "new-seed", "preset"])


@given(
    st.fixed_dictionaries(
        {"do": words | json_values},
        optional={
            "values": json_values | st.dictionaries(st.sampled_from(list(BOUNDS)), json_values, max_size=4),
            "share": json_values,
            "count": json_values,
            "seed": json_values,
            "name": json_values,
        },
    )
    | json_values
)
def test_no_request_does_anything_but_parse_or_be_refused(request_: object) -> None:
    """Whatever passed is in range, so that it cannot fail later, in the training thread."""
    try:
        command = parse(request_)
    except ValueError:
        return
    match command:
        case SetValues(values):
            assert values
            assert all(BOUNDS[name].low <= value <= BOUNDS[name].high for name, value in values.items())
        case SetLooking(share):
            assert 0 <= share <= 0.9
        case SetPace(steps):
            assert steps is None or 1 <= steps <= MAX_STEPS_PER_FRAME
        case SetPlane(plane):
            assert plane.fits(64)
        case StepOnce(count):
            assert 1 <= count <= MAX_STEPS_AT_ONCE
        case Restart(_, seed):
            assert seed is None or 0 <= seed <= MAX_SEED


def test_check_seed() -> None:
    assert check_seed(0) == 0
    assert check_seed(MAX_SEED) == MAX_SEED
    for wrong in (-1, MAX_SEED + 1, 0.0, "0", None, False):
        with pytest.raises(ValueError, match="seed must be a whole number"):
            check_seed(wrong)


# -- coalescing --------------------------------------------------------------------------------------------------------

DEFAULTS = {"lr_g": 1.0, "lr_d": 2.0, "beta1_g": 3.0}


def apply_all(commands: Iterable[Command]) -> tuple[object, ...]:
    """What commands between two steps lead to, in a model: values, share, pace, playing, steps to go, runs begun."""
    values, share, pace, playing, to_go, runs = DEFAULTS, 0.1, None, True, 0, []
    for command in commands:
        match command:
            case SetValues(new):
                values = {**values, **new}
            case SetLooking(new_share):
                share = new_share
            case SetPace(steps):
                pace = steps
            case Play():
                playing = True
            case Pause():
                playing, to_go = False, 0
            case StepOnce(count):
                playing, to_go = False, to_go + count
            case Restart(preset, seed):
                values, to_go = DEFAULTS, 0
                runs.append((preset, seed, share, playing))
    return values, share, pace, playing, to_go, runs


some_values = st.dictionaries(st.sampled_from(list(DEFAULTS)), st.floats(0, 1), min_size=1)
some_command = st.one_of(
    st.builds(SetValues, some_values),
    st.builds(SetLooking, st.floats(0, 0.9)),
    st.builds(SetPace, st.none() | st.integers(1, 9)),
    st.just(Play()),
    st.just(Pause()),
    st.builds(StepOnce, st.integers(1, 5)),
    st.builds(Restart, st.sampled_from([None, "better"]), st.sampled_from([None, 7])),
)


@given(st.lists(some_command, max_size=12))
def test_merged_commands_have_the_effect_of_one_after_the_other(commands: list[Command]) -> None:
    merged = coalesce(commands)
    assert apply_all(merged) == apply_all(commands)
    assert len(merged) <= len(commands)


@given(st.lists(some_command, max_size=12))
def test_merging_leaves_its_input_alone_and_nothing_more_to_merge(commands: list[Command]) -> None:
    before = repr(commands)
    merged = coalesce(iter(commands))
    assert repr(commands) == before
    assert coalesce(merged) == merged


def test_a_dragged_slider_becomes_its_last_value() -> None:
    drag = [SetValues({"lr_g": k / 1000}) for k in range(1, 51)]
    assert coalesce(drag) == [SetValues({"lr_g": 0.05})]
    assert coalesce([SetLooking(0.1), SetLooking(0.5), SetLooking(0.2)]) == [SetLooking(0.2)]


def test_values_do_not_move_across_a_restart() -> None:
    commands = [SetValues({"lr_g": 0.01}), Restart(), SetValues({"lr_g": 0.02})]
    assert coalesce(commands) == commands


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ({"do": "start"}, Restart()),
        (
            {"do": "start", "config": {"updates": "5:1"}, "values": {"lr_g": 2}},
            "lr_g must lie between",
        ),
        (
            {"do": "start", "config": {"updates": "5:1"}, "values": {"lr_g": 0.1}},
            Restart(config={"updates": "5:1"}, values={"lr_g": 0.1}),
        ),
        ({"do": "start", "config": {"batches": "5"}}, "nothing called 'batches'"),
        ({"do": "start", "config": {"batch": "five"}}, "batch must be a whole number"),
        ({"do": "start", "config": [1]}, "must be an object"),
        ({"do": "start", "values": [1]}, "must be an object"),
        ({"do": "branch", "run": "a", "step": 3}, Branch("a", 3)),
        (
            {"do": "branch", "run": "a", "step": 3, "config": {"penalty": "none"}},
            Branch("a", 3, {"penalty": "none"}),
        ),
        ({"do": "branch", "run": "a", "step": 3, "config": {"batch": 64}}, "must be an object of keys and texts"),
        ({"do": "branch", "run": "a", "step": 3, "config": {"seed": "1"}}, "nothing called 'seed'"),
    ],
)
def test_what_an_experiment_is_made_of(request_: dict, command: Command | str) -> None:
    if isinstance(command, str):
        with pytest.raises(ValueError, match=command):
            parse(request_)
    else:
        assert parse(request_) == command
