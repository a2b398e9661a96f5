"""The language of conditions: what is read, what is refused, and that a condition holds when Python says so."""

from __future__ import annotations

import math
import re
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gan_core.records.condition import (
    MAX_DEPTH,
    MAX_LENGTH,
    NUMBERS,
    Comparison,
    InState,
    Not,
    Several,
    only_step,
    read_condition,
)
from gan_core.records.readings import READINGS
from gan_core.records.story import STATES


def collapsed() -> InState:
    return InState("collapsed")


@pytest.mark.parametrize(
    ("text", "part", "canonical"),
    [
        ("modes>=25", Comparison("modes", ">=", 25), "modes >= 25"),
        ("Modes = 25.0", Comparison("modes", "=", 25), "modes = 25"),
        ("coverage<.5", Comparison("coverage", "<", 0.5), "coverage < 0.5"),
        ("energy <= -1e-3", Comparison("energy", "<=", -0.001), "energy <= -0.001"),
        ("D-Loss > +2", Comparison("d_loss", ">", 2), "d_loss > 2"),
        ("energy = -0", Comparison("energy", "=", 0), "energy = 0"),
        ("collapsed", collapsed(), "collapsed"),
        (" D_Has_Won\n", InState("d-has-won"), "d-has-won"),
        ("((collapsed))", collapsed(), "collapsed"),
        ("NOT covering", Not(InState("covering")), "not covering"),
        ("not(not covering)", Not(Not(InState("covering"))), "not not covering"),
        (
            "coverage > 0.8 and step >= 1000",
            Several("and", (Comparison("coverage", ">", 0.8), Comparison("step", ">=", 1000))),
            "coverage > 0.8 and step >= 1000",
        ),
        (
            "collapsed or hopping AND not learnt",
            Several("or", (collapsed(), Several("and", (InState("hopping"), Not(InState("learnt")))))),
            "collapsed or hopping and not learnt",
        ),
        (
            "(collapsed or hopping) and not (learnt or diverged)",
            Several(
                "and",
                (
                    Several("or", (collapsed(), InState("hopping"))),
                    Not(Several("or", (InState("learnt"), InState("diverged")))),
                ),
            ),
            "(collapsed or hopping) and not (learnt or diverged)",
        ),
        (
            "collapsed or (hopping or learnt)",
            Several("or", (collapsed(), InState("hopping"), InState("learnt"))),
            "collapsed or hopping or learnt",
        ),
    ],
)
def test_what_is_read(text: str, part: object, canonical: str) -> None:
    condition = read_condition(text)
    assert condition.of == part
    assert str(condition) == canonical


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A condition has to say something"),
        ("  ", "A condition has to say something"),
        ("collapsed" * 30, "at most 200 characters; this one has 270"),
        ("g_loss<1 or " * 15 + "g_loss<1", "at most 200 characters; this one has 220"),  # when all blanks are there
        ("(" * 21 + "collapsed" + ")" * 21, "at most 20 parentheses"),
        ("not " * 21 + "collapsed", "at most 20 parentheses"),
        ("coverage & 1", "no sign &"),
        ("coverage ≥ 1", "no sign ≥"),
        ("covrage > 1", "knows no covrage; close to it are: coverage"),
        ("D-has-one", "knows no D-has-one; close to it are: d-has-won."),
        ("x > 1", "knows no x. There are the states covering, "),
        ("w2 < 0.1", "knows no w2"),  # is not told while a run moves
        ("collapsed > 1", "collapsed is a state"),
        ("coverage", "coverage is a number"),
        ("coverage and collapsed", "coverage is a number"),
        ("coverage >", "After “coverage >” a number has to come; there is nothing."),
        ("coverage >= = 1", "After “coverage >=” a number has to come; there is “=”."),
        ("coverage > recall", "a number has to come; there is “recall”."),
        ("coverage > 1e999", "1e999 is too large"),
        ("collapsed and", "After “collapsed and” a state, a comparison, not or ( has to come; there is nothing."),
        ("and collapsed", "At its beginning a state, a comparison, not or ( has to come; there is “and”."),
        ("0.5 < coverage", "At its beginning a state, a comparison, not or ( has to come; there is “0.5”."),
        ("(collapsed", "After “( collapsed” ) has to come; there is nothing."),
        ("collapsed)", "After “collapsed” and, or or the end has to come; there is “)”."),
        ("collapsed hopping", "and, or or the end has to come; there is “hopping”."),
        ("not", "After “not” a state"),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read_condition(text)


def test_the_limits_themselves_are_read() -> None:
    read_condition("(" * MAX_DEPTH + "collapsed" + ")" * MAX_DEPTH)
    long = "collapsed" + " or collapsed" * 14
    read_condition(long + " " * (MAX_LENGTH - len(long)))


NUMBER = st.one_of(st.integers(-2000, 2000).map(float), st.floats(allow_nan=False, allow_infinity=False))
LEAF = st.one_of(
    st.sampled_from(STATES), st.tuples(st.sampled_from(NUMBERS), st.sampled_from([">=", "<=", ">", "<", "="]), NUMBER)
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(inner, st.sampled_from(["and", "or"]), inner)),
    max_leaves=6,
)


def text_of(tree: object) -> str:
    """All in parentheses."""
    match tree:
        case str():
            return tree
        case ("not", inner):
            return f"not ({text_of(inner)})"
        case (str(name), sign, float(number)):
            return f"{name}{sign}{number!r}"
        case (one, word, other):
            return f"({text_of(one)}) {word} ({text_of(other)})"
    raise AssertionError(tree)


def python_of(tree: object) -> str:
    match tree:
        case str():
            return f"(state == {tree!r})"
        case ("not", inner):
            return f"(not {python_of(inner)})"
        case (str(name), sign, float(number)):
            return f"(facts.get({name!r}, nan) {'==' if sign == '=' else sign} {number!r})"
        case (one, word, other):
            return f"({python_of(one)} {word} {python_of(other)})"
    raise AssertionError(tree)


@given(TREE, st.dictionaries(st.sampled_from(NUMBERS), st.floats()), st.sampled_from(STATES))
def test_it_holds_when_python_says_so_and_its_text_reads_back(
    tree: object, facts: dict[str, float], state: str
) -> None:
    try:
        condition = read_condition(text_of(tree))
    except ValueError:  # too long, or too deep
        assume(False)
    assert condition.holds(facts, state) == eval(python_of(tree), {"facts": facts, "state": state, "nan": math.nan})
    again = read_condition(str(condition))
    assert again == condition
    assert str(again) == str(condition)
    assert hash(again) == hash(condition)
    found = python_of(tree)
    assert condition.names == {name for name in NUMBERS if f"facts.get({name!r}," in found}
    assert condition.states == {state for state in STATES if f"state == {state!r}" in found}


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        condition = read_condition(text)
        assert read_condition(str(condition)) == condition


@given(
    st.sampled_from([">=", "<=", ">", "<", "="]),
    st.one_of(st.integers(0, 40).map(float), st.floats(0, 40)),
)
def test_steps_are_those_at_which_it_turns(sign: str, number: float) -> None:
    condition = read_condition(f"step{sign}{number!r}")
    held = [condition.holds({"step": step}, "undecided") for step in range(-1, 45)]
    (turn,) = condition.steps
    for step in range(45):
        if held[step + 1] != held[step]:
            assert turn == step or (sign == "=" and turn == step - 1)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("step >= 300", 300),
        ("step > 300", 301),
        ("step = 300", 300),
        ("step >= 2.5", 3),
        ("step = 2.5", None),
        ("step <= 300", None),
        ("(step >= 300)", 300),
        ("not step < 300", None),
        ("step >= 300 and collapsed", None),
        ("coverage >= 300", None),
        ("collapsed", None),
    ],
)
def test_what_asks_for_a_step_alone(text: str, step: int | None) -> None:
    assert only_step(read_condition(text)) == step


def test_a_number_that_is_not_defined_makes_no_comparison_true() -> None:
    for facts in ({}, {"modes": math.nan}):
        for sign in (">=", "<=", ">", "<", "="):
            assert not read_condition(f"modes {sign} 25").holds(facts, "undecided")
        assert read_condition("not modes >= 25").holds(facts, "undecided")


def test_every_reading_can_be_told_but_those_of_looks_at_rest() -> None:
    assert set(NUMBERS) == {*READINGS, "step", "g_loss", "modes", "high_quality", "reverse_kl"} - {"w2", "w2_of_data"}
