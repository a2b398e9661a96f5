"""Sentences by key, in the language in use: `en.toml`, and one file beside it for each further language.

A sentence has places for fields, which `assets/texts.js` fills in the same way:
{name}           a word as it is; a whole number with its thousands grouped; another one with three digits
{name:.2}        a number with two decimals
{name|run|runs}  the first word where the number is 1, else the second
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ENGLISH = "en"  # what another language lacks is said in it

Field = str | float
_PLACE = re.compile(r"\{(\w+)(?::\.(\d)|\|([^|{}]*)\|([^|{}]*))?\}")


class Catalogue:
    """All sentences of one language."""

    def __init__(self, language: str = ENGLISH, folder: Path = FOLDER) -> None:
        """Read the language's file in `folder`. Raises OSError when there is none."""
        self.language, self.folder = language, folder
        self.sentences = read(FOLDER / f"{ENGLISH}.toml")
        if (language, folder) != (ENGLISH, FOLDER):
            self.sentences |= read(folder / f"{language}.toml")

    def say(self, key: str, /, **fields: Field) -> str:
        """The sentence of a key, its fields filled in. Raises KeyError when there is none, or a field is missing."""
        return fill(self.sentences[key], fields)


def say(key: str, /, **fields: Field) -> str:
    """The sentence of a key in the language in use. Raises KeyError when there is none, or a field is missing."""
    return _in_use.say(key, **fields)


def say_or(otherwise: str, key: str) -> str:
    """The sentence of a key, or what is to be read where it has none: of what others have added, its own name."""
    return _in_use.sentences.get(key, otherwise)


def words(place: str) -> dict[str, str]:
    """All sentences of a place: those whose keys go on by one name after it, each by that name."""
    begin = f"{place}."
    found = ((key.removeprefix(begin), text) for key, text in _in_use.sentences.items() if key.startswith(begin))
    return {name: text for name, text in found if "." not in name}


def said(table: Any) -> Any:
    """A table of dictionaries and lists with the sentence in the place of every key that is a value in it."""
    if isinstance(table, dict):
        return {name: said(value) for name, value in table.items()}
    if isinstance(table, list | tuple):
        return [said(value) for value in table]
    return say_or(table, table) if isinstance(table, str) else table


def catalogue() -> Catalogue:
    """The one in use."""
    return _in_use


def use(language: str, folder: Path = FOLDER) -> None:
    """Have everything said in another language from now on. Raises OSError when `folder` has no file of it."""
    global _in_use
    if (language, folder) != (_in_use.language, _in_use.folder):
        _in_use = Catalogue(language, folder)
        _in_use.sentences |= _added


def add(sentences: Mapping[str, str]) -> None:
    """Add sentences, in whatever language is in use, of what a module of your own puts into a registry."""
    _added.update(sentences)
    _in_use.sentences.update(sentences)


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Those there are files of, English first."""
    others = sorted(file.stem for file in folder.glob("*.toml") if file.stem != ENGLISH)
    return (ENGLISH, *others)


def read(file: Path) -> dict[str, str]:
    """The sentences of one file, each by its tables and name with dots between them."""
    return dict(_flat(tomllib.loads(file.read_text(encoding="utf-8")), ""))


def fields_of(sentence: str) -> set[str]:
    """Names of the fields that a sentence has places for."""
    return {place[1] for place in _PLACE.finditer(sentence)}


def fill(sentence: str, fields: Mapping[str, Field]) -> str:
    """The sentence with its fields in their places. Raises KeyError when one is missing."""

    def word(place: re.Match[str]) -> str:
        value = fields[place[1]]
        if place[3] is not None:
            return place[3] if value == 1 else place[4]
        if place[2] is not None:
            return f"{float(value):.{place[2]}f}"
        return value if isinstance(value, str) else _written(value)

    return _PLACE.sub(word, sentence)


def _written(number: float) -> str:
    return f"{number:,.0f}" if math.isfinite(number) and number == int(number) else f"{number:.3g}"


def _flat(table: Mapping[str, Any], place: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(value, f"{place}{name}.") if isinstance(value, dict) else [(f"{place}{name}", str(value))]
    return found


_in_use = Catalogue()
_added: dict[str, str] = {}
