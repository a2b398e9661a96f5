"""Sentences by key: how fields get into them, and what every language has in common."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import plotly
import pytest

from gan_core.dashboard.page.layout import page
from gan_core.setup.config import Bounds, GANConfig, HyperParameters
from gan_core.setup.presets import PRESETS, Preset
from gan_core.texts.catalogue import (
    FOLDER,
    Catalogue,
    add,
    catalogue,
    fields_of,
    fill,
    languages,
    read,
    said,
    say,
    say_or,
    use,
    words,
)
from gan_core.training.known import CHOICES
from second_language import shouted, write_second_language

ENGLISH = read(FOLDER / "en.toml")


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added or used here is gone afterwards."""
    monkeypatch.setattr("gan_core.texts.catalogue._added", {})
    monkeypatch.setattr("gan_core.texts.catalogue._in_use", Catalogue())


@pytest.mark.parametrize(
    ("sentence", "fields", "filled"),
    [
        ("nothing", {"more": 1}, "nothing"),
        ("{a} and {a}", {"a": "x"}, "x and x"),
        ("step {n}", {"n": 1234567}, "step 1,234,567"),
        ("step {n}", {"n": 600.0}, "step 600"),
        ("step {n}", {"n": "1234567"}, "step 1234567"),
        ("{old} to {new}", {"old": 0.0012345, "new": -0.5}, "0.00123 to -0.5"),
        ("{n} {n|run|runs}", {"n": 1}, "1 run"),
        ("{n} {n|run|runs}", {"n": 0}, "0 runs"),
        ("{x:.2} of {y:.0}", {"x": 0.125, "y": 3}, "0.12 of 3"),
        ("{loss}", {"loss": float("nan")}, "nan"),
        ("{name}", {"name": "{other}"}, "{other}"),  # what is put in is not read again
    ],
)
def test_fields_get_into_sentences(sentence: str, fields: dict[str, str | float], filled: str) -> None:
    assert fill(sentence, fields) == filled
    assert fields_of(sentence) <= set(fields)


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such-key"):
        say("no-such-key")
    with pytest.raises(KeyError, match="step"):
        say("events.at", what="it")


def test_an_entry_of_somebody_elses_module_shows_its_own_name_or_what_was_added() -> None:
    mine, value = Preset("mine", GANConfig(), HyperParameters()), Bounds("clip", 0, 1, "linear", 0.1)
    assert (mine.title, mine.story, value.label, value.short, value.help) == ("mine", "", "clip", "clip", "")
    add({"preset.mine.title": "My own", "value.clip.label": "Clipping"})
    assert (mine.title, value.label, value.short) == ("My own", "Clipping", "Clipping")
    assert say_or("otherwise", "preset.mine.story") == "otherwise"


def test_what_was_added_stays_when_another_language_is_used(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("", encoding="utf-8")
    add({"preset.mine.title": "My own"})
    use("other", tmp_path)
    assert say("preset.mine.title") == "My own"


def test_words_of_a_place_and_of_a_table() -> None:
    add({"here.a": "A", "here.b": "B", "here.c.d": "D"})
    assert words("here") == {"a": "A", "b": "B"}
    assert said({"x": ["here.a", 1, None], "here.a": ("other",)}) == {"x": ["A", 1, None], "here.a": ["other"]}


@pytest.mark.parametrize("language", languages())
def test_every_language_has_keys_and_fields_of_english(language: str) -> None:
    for key, sentence in read(FOLDER / f"{language}.toml").items():
        assert fields_of(sentence) == fields_of(ENGLISH[key]), key
        assert set(re.findall(r"\(#[a-z0-9-]+\)", sentence)) == set(re.findall(r"\(#[a-z0-9-]+\)", ENGLISH[key])), key


def test_english_is_well_formed() -> None:
    for key, sentence in ENGLISH.items():
        assert re.fullmatch(r"[a-z0-9_*+-]+(\.[A-Za-z0-9_+-]+)+", key), key
        assert sentence == sentence.strip() != "", key
        assert "\n" not in sentence, key
        left = re.sub(r"\{\w+(:\.\d|\|[^|{}]*\|[^|{}]*)?\}", "", sentence)
        assert not set("{}") & set(left), key


def test_a_second_language_is_one_file(tmp_path: Path) -> None:
    """Every sentence of the page comes from it; what it lacks is said in English."""
    write_second_language(tmp_path)
    assert languages(tmp_path) == ("en", "shout")
    use("shout", tmp_path)
    assert catalogue().sentences == {key: shouted(sentence) for key, sentence in ENGLISH.items()}
    assert PRESETS["better"].title == shouted(ENGLISH["preset.better.title"])
    status = SimpleNamespace(info=SimpleNamespace(preset="better"), values={})
    layout = json.dumps(page(status, CHOICES), cls=plotly.utils.PlotlyJSONEncoder, ensure_ascii=False)  # type: ignore[arg-type]
    quiet = {sentence for sentence in ENGLISH.values() if len(sentence) > 15 and shouted(sentence) != sentence}
    assert [sentence for sentence in quiet if json.dumps(sentence, ensure_ascii=False) in layout] == []
    (tmp_path / "half.toml").write_text('[events]\nnone-later = "nichts mehr"\n', encoding="utf-8")
    use("half", tmp_path)
    assert (say("events.none-later"), say("events.none-earlier")) == ("nichts mehr", ENGLISH["events.none-earlier"])


def test_a_language_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="klingon"):
        use("klingon", tmp_path)
