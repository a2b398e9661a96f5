"""What is looked for among runs: words that the list says of one, and NAME=VALUE of its experiment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from gan_core.datasets.folder import PREFIX, listed
from gan_core.recording.index import line_of
from gan_core.records.ending import ending_words
from gan_core.records.library import DamagedRun, Line, RunSummary
from gan_core.setup.labels import labels
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import catalogue, say, say_or

_REMEMBERED = 1 << 14  # lines whose words are kept


def matcher(query: str) -> Callable[[str], bool]:
    """Which lines, as the index holds them, are meant by a query: all of its words must be true of one.

    A word is part of what the list says of the run, or of its notes. NAME=VALUE is true where the experiment has that
    number, or a text that begins so, and tag=NAME where the run or one of its steps has that tag; where it has no such
    name it is a word like any other.
    """
    words = query.lower().split()
    named = {one["target"]: one["name"] for one in listed()} if words else {}
    # Of each word, how a line says that it was trained on data that are called so.
    own = {word: [f'"target": "{target}"' for target in named if word in named[target].lower()] for word in words}

    def is_meant(text: str) -> bool:
        said = _words(text, catalogue().language)
        facts: dict[str, Any] | None = None
        for word in words:
            name, equals, value = word.partition("=")
            if equals and facts is None:
                facts = _facts(line_of(text))
            if equals and facts is not None and name in facts:
                if not _is_so(facts[name], value, named):
                    return False
            elif word not in said and not any(target in text for target in own[word]):
                return False
        return True

    return is_meant


@lru_cache(maxsize=_REMEMBERED)
def _words(text: str, language: str) -> str:
    """All that the list says of a run in that language, in small letters; `text` is its line in the index."""
    line = line_of(text)
    if isinstance(line, DamagedRun):
        return f"{say('library.damaged', id=line.id)} {line.id} {line.error} {_size(line.nbytes)}".lower()
    recipe = line.recipe
    said = [line.title, usual_name(line), recipe.id, say("library.steps", n=line.steps), _when(recipe.created)]
    said += [say("library.changes", n=line.changes), _size(line.nbytes), ending_words(line.outcome)]
    said += [f"{note.text} {' '.join(note.tags)}" for note in line.notes]
    if recipe.preset in PRESETS:
        others = _differences({**recipe.config, **recipe.values}, _usual(recipe.preset), language)
        said.append(say("library.altered", differences=others) if others else "")
    if recipe.parent is not None:
        said.append(say("library.branch", parent=recipe.parent, step=recipe.parent_step or 0))
    if recipe.changed_at and recipe.config_before is not None:
        before = _differences(recipe.config_before, recipe.config, language)
        said.append(say("library.changed", step=recipe.changed_at, differences=before))
    return " ".join(said).lower()


def usual_name(line: RunSummary) -> str:
    """What a run goes by that was given no name."""
    known = PRESETS.get(line.recipe.preset)
    scenario = known.title if known else line.recipe.preset
    return say("runs.usual-name", scenario=scenario, seed=str(line.recipe.seed))


@lru_cache
def _usual(preset: str) -> dict[str, Any]:
    known = PRESETS[preset]
    return {**asdict(known.config), **asdict(known.values)}


@lru_cache
def _labels(language: str) -> dict[str, str]:
    return labels()


def _differences(mine: Mapping[str, Any], usual: Mapping[str, Any], language: str) -> str:
    """What of some settings is not as usual, as assets/data/experiment.js says it."""
    called = _labels(language)
    others = [name for name, value in mine.items() if name not in usual or usual[name] != value]
    return ", ".join(f"{called.get(name, name)} {_value(mine[name])}" for name in others)


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return f"{value:.6g}"
    text = str(value)
    return say_or(text, f"part.target.{text}.label") if text.startswith(PREFIX) else text


def _facts(line: Line) -> dict[str, Any]:
    if isinstance(line, DamagedRun):
        return {}
    recipe = line.recipe
    tags = [tag for note in line.notes for tag in note.tags]
    return {**recipe.config, **recipe.values, "scenario": recipe.preset, "seed": recipe.seed, "tag": tags}


def _is_so(fact: Any, value: str, named: Mapping[str, str]) -> bool:
    if isinstance(fact, int | float):
        with suppress(ValueError):
            return float(value) == fact
        return False
    if isinstance(fact, list):  # tags: one of them
        return value in fact
    texts = (str(fact), _value(fact), named.get(str(fact), ""))
    return any(text.lower().startswith(value) for text in texts if text)


def _when(seconds: float) -> str:
    """As a browser on this machine writes it."""
    with suppress(ValueError, OverflowError, OSError):
        then = time.localtime(seconds)
        return f"{then.tm_mday} {time.strftime('%b %Y, %H:%M', then)}"
    return ""


def _size(nbytes: int) -> str:
    """As assets/story/recording.js writes it."""
    units, value = (say("recording.bytes"), "kB", "MB", "GB", "TB"), float(nbytes)
    unit = 0
    while value >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.1f}".removesuffix(".0") if unit and value < 9.95 else f"{value:.0f}"
    return f"{text} {units[unit]}"
