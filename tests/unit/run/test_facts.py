"""What a run says to a condition: the numbers by other ways, and that what is refused is what it never has."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from gan_core.looking.probe import AT_REST
from gan_core.records.condition import NUMBERS, OF_MODES, read_condition
from gan_core.records.frames import Snapshot
from gan_core.records.readings import READINGS
from gan_core.records.story import STATES
from gan_core.run.facts import check_condition, facts, holds_at
from gan_core.run.run import Run, begin
from gan_core.setup.presets import PRESETS, Preset
from task_presets import preset_for
from throw_away import PRESET, added

LOOKS, APART = 6, 4  # looks, so many steps apart
SMALL = {"generator": "8:relu", "discriminator": "8:relu", "batch": "32"}
OTHERS = {
    "hinge": {"objective": "hinge"},
    "wasserstein": {"objective": "wasserstein"},
    "packed": {"packing": "2"},
    "ring": {"target": "ring"},
    "drawn": {},
    "drawn, packed": {"packing": "2"},
}
CASES = ("gan", "fit", "noise", "blob", "none", *OTHERS)
EACH_CASE = pytest.mark.parametrize("case", CASES)


def preset_of(case: str) -> Preset:
    if case not in OTHERS:
        return preset_for(case)
    return PRESETS["drawn" if case.startswith("drawn") else "quick"].altered({**SMALL, **OTHERS[case]}, {})


@cache
def looked_at(case: str) -> tuple[Run, Snapshot]:
    """A run after some looks, and the last of them."""
    run = begin(preset_of(case), 0, device="cpu", precision="float32", threads=1)
    for _ in range(LOOKS):
        for _ in range(APART):
            run.trained([run.engine.step()], 0.0)
        frame, _ = run.with_path(run.look(0.0, **AT_REST._asdict()))
        run.take(frame)
    return run, frame


def refusal(text: str, case: str) -> str:
    try:
        check_condition(read_condition(text), preset_of(case).config)
    except ValueError as error:
        return str(error)
    return ""


@EACH_CASE
def test_what_is_refused_is_what_is_not_defined(case: str) -> None:
    run, frame = looked_at(case)
    found = facts(frozenset(NUMBERS), run, frame)
    for name in NUMBERS:
        defined = not math.isnan(found.get(name, math.nan))
        assert (refusal(f"{name} > 0", case) == "") == defined, name


@EACH_CASE
def test_readings_are_those_of_the_look_and_losses_those_of_training(case: str) -> None:
    run, frame = looked_at(case)
    found = facts(frozenset(NUMBERS), run, frame)
    assert frame.reading is not None
    for name, value in zip(READINGS, frame.reading.values.tolist(), strict=True):
        if name in NUMBERS and name != "d_loss":
            assert found[name] == value or math.isnan(value)
    assert found["step"] == LOOKS * APART
    since = run.history.metrics.read((LOOKS - 1) * APART, APART).astype(np.float64)
    np.testing.assert_allclose([found["d_loss"], found["g_loss"]], since[:, [0, 2]].mean(axis=0), rtol=1e-12)


def test_modes_are_counted_in_the_fakes_of_the_look() -> None:
    run, frame = looked_at("ring")
    modes = run.engine.target.modes
    assert modes is not None
    found = facts(frozenset(OF_MODES), run, frame)
    centres, fakes = modes.centres.numpy(), frame.fakes.astype(np.float64) / 32767
    away = np.hypot(*(fakes[:, None] - centres[None]).transpose(2, 0, 1))
    nearest, least = away.argmin(1), away.min(1)
    good = least < 3 * modes.sd
    shares = np.bincount(nearest, minlength=len(centres)) / len(fakes)
    taken = shares > 0
    assert found == {
        "modes": len({*nearest[good]}),
        "high_quality": good.mean(),
        "reverse_kl": pytest.approx((shares[taken] * np.log(shares[taken] * len(centres))).sum(), abs=1e-9),
    }


def test_only_what_is_asked_for_is_told() -> None:
    run, frame = looked_at("ring")
    assert facts(frozenset(), run, frame) == {}
    assert set(facts(frozenset({"coverage", "step"}), run, frame)) == {"coverage", "step"}


def test_it_holds_by_the_state_of_the_story() -> None:
    run, frame = looked_at("gan")
    state = run.chronicle.diagnosis.state
    for each in STATES:
        assert holds_at(read_condition(each), run, frame) == (each == state)
    assert holds_at(read_condition(f"step = {LOOKS * APART} and spread >= 0"), run, frame)


# By the rules themselves: a GAN has the states of a GAN, what learns alone its two, and what does not learn none.
OF_A_GAN = {"covering", "collapsed", "hopping", "d-has-won", "diverged", "undecided"}
ALONE = {"learning", "learnt", "diverged", "undecided"}
POSSIBLE = dict.fromkeys(CASES, OF_A_GAN) | {"wasserstein": OF_A_GAN - {"d-has-won"}, "none": {"undecided"}}
POSSIBLE |= dict.fromkeys(("fit", "noise", "blob"), ALONE)


@EACH_CASE
def test_states_that_a_run_cannot_be_in_are_refused(case: str) -> None:
    assert {state for state in STATES if not refusal(state, case)} == POSSIBLE[case]


@pytest.mark.parametrize(
    ("text", "case", "sentence"),
    [
        ("modes >= 8", "gan", "modes is not told of this run. These data have no modes that could be counted."),
        ("not (g_loss < 1 or collapsed)", "noise", "g_loss is not told of this run. There is no generator here."),
        ("d_gap > 0", "drawn, packed", "d_gap is not told of this run. This D judges several points as one."),
        ("fit_error < 0.1", "gan", "only where G alone learns"),
        (
            "learnt",
            "gan",
            "never called learnt: it can be covering, hopping, collapsed, d-has-won, diverged, undecided.",
        ),
        ("step >= 500", "none", "This run ends at step 120; it does not come to step 500."),
    ],
)
def test_why_it_is_refused(text: str, case: str, sentence: str) -> None:
    assert sentence in refusal(text, case)


def test_what_comes_to_its_end_may_be_waited_for() -> None:
    assert refusal("step >= 120", "none") == ""


def test_of_data_without_parts_there_is_no_coverage() -> None:
    with added():
        config = PRESET.config
        check_condition(read_condition("collapsed or precision < 0.2"), config)
        for text in ("coverage > 0.8", "on_band > 0.8"):
            with pytest.raises(ValueError, match="does not say what the parts of its data are"):
                check_condition(read_condition(text), config)
        with pytest.raises(ValueError, match="never called covering"):
            check_condition(read_condition("covering"), config)
