"""What came of a run: kept by key and number, read as a sentence; what older files say stays as it is."""

from __future__ import annotations

import json

import pytest

from gan_core.records.ending import MAX_WORDS, check_ending, ending_words, of_error
from gan_core.records.steps import StepMetrics

NAN = float("nan")
WORDS = [
    ({}, ""),
    ("", ""),
    ("hopping, coverage 0.12, on-band share 0.300", "hopping, coverage 0.12, on-band share 0.300"),  # an older file's
    ({"state": "learnt"}, "learnt"),
    ({"state": "d-has-won", "coverage": 0.1, "on_band": 0.25}, "d has won, coverage 0.10, share on the data 0.250"),
    ({"coverage": 1, "on_band": 1}, "coverage 1.00, share on the data 1.000"),
    ({"coverage": None, "on_band": None}, "coverage is not defined for this target"),
    (
        {"failed": 1041, "discriminator": "nan", "generator": "inf"},
        "failed at step 1,041: the discriminator loss is nan and the generator loss is inf, usually because a learning "
        "rate is too high",
    ),
    ({"failed": 3, "error": "ValueError: no"}, "failed at step 3: ValueError: no"),
]


@pytest.mark.parametrize(("ending", "words"), WORDS)
def test_an_ending_is_read_and_comes_through_a_file_as_it_was(ending: dict[str, object] | str, words: str) -> None:
    read = check_ending(json.loads(json.dumps(ending)))
    assert read == ending
    assert ending_words(read) == words


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        [],
        "two\nlines",
        "x" * (MAX_WORDS + 1),
        {"state": "happy"},
        {"state": ["hopping"]},
        {"coverage": 0.5},
        {"coverage": 0.5, "on_band": None},
        {"coverage": 1.5, "on_band": 0.5},
        {"coverage": NAN, "on_band": 0.5},
        {"coverage": "0.5", "on_band": 0.5},
        {"failed": 3},
        {"failed": 0, "error": "no"},
        {"failed": True, "error": "no"},
        {"failed": 3, "error": "no", "discriminator": "nan"},
        {"failed": 3, "discriminator": "0.5"},
        {"failed": 3, "error": "x" * (MAX_WORDS + 1)},
        {"discriminator": "nan"},
        {"state": "hopping", "words": "more"},
    ],
    ids=str,
)
def test_what_is_no_ending_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="outcome"):
        check_ending(value)


def test_what_stops_a_run_makes_an_ending() -> None:
    for trouble in (StepMetrics(7, NAN, 0.5, 0.5, 0.5).trouble(), of_error(RuntimeError("two\nlines"))):
        assert check_ending({"failed": 7, **trouble}) == {"failed": 7, **trouble}
    assert of_error(RuntimeError("two\nlines")) == {"error": "RuntimeError: two lines"}
    assert of_error(RuntimeError()) == {"error": "RuntimeError"}
