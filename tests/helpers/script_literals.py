"""The literals of a script in JavaScript, and what it says by key: enough of a lexer for the files in assets/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_PLAIN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PATTERN = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CALL = re.compile(r"\bapp\.(say|sayOr)\(")


@dataclass(frozen=True)
class Literal:
    """A string, or a template: the pieces between what is put into it. `start` and `end` are places in the script."""

    start: int
    end: int
    pieces: tuple[str, ...]


def literals(script: str) -> list[Literal]:
    """All strings and templates of a script, those inside templates too."""
    found: list[Literal] = []
    _code(script, 0, found)
    return sorted(found, key=lambda literal: literal.start)


def _code(script: str, at: int, found: list[Literal]) -> int:
    """Read code from `at` up to the brace that closes it, or the end; returns the place after it."""
    depth, value = 0, False  # whether a value has just ended: then a slash divides
    while at < len(script):
        sign = script[at]
        if comment := _COMMENT.match(script, at):
            at = comment.end()
            continue
        if plain := _PLAIN.match(script, at):
            found.append(Literal(at, plain.end(), (plain[0][1:-1],)))
            at, value = plain.end(), True
        elif sign == "`":
            at, value = _template(script, at, found), True
        elif sign == "/" and not value and (pattern := _PATTERN.match(script, at)):
            at, value = pattern.end(), True
        else:
            if sign == "}" and depth == 0:
                return at + 1
            depth += (sign == "{") - (sign == "}")
            value = value if sign.isspace() else sign.isalnum() or sign in "_$)]"
            at += 1
    return at


def _template(script: str, start: int, found: list[Literal]) -> int:
    pieces, begun, at = [], start + 1, start + 1
    while script[at] != "`":
        if script.startswith("${", at):
            pieces.append(script[begun:at])
            begun = at = _code(script, at + 2, found)
        else:
            at += 2 if script[at] == "\\" else 1
    found.append(Literal(start, at + 1, (*pieces, script[begun:at])))
    return at + 1


@dataclass(frozen=True)
class Said:
    """A call of app.say or app.sayOr: the keys that it may say, and the names of the fields that are given.

    `more` says that there may be other fields; the keys of a variable are not known, and none then.
    """

    keys: tuple[Literal, ...]
    fields: frozenset[str]
    more: bool


def said(script: str) -> Iterator[Said]:
    """All calls of a script."""
    known = literals(script)
    for call in _CALL.finditer(script):
        if any(literal.start < call.start() < literal.end and len(literal.pieces) == 1 for literal in known):
            continue
        first, second = _arguments(script, call.end(), known)
        if call[1] == "sayOr":
            first, second = second, (0, 0)
        keys = [literal for literal in known if first[0] <= literal.start and literal.end <= first[1]]
        given = script[slice(*second)].strip()
        names = frozenset(re.findall(r"(?:^\{|,)\s*(\w+)\s*(?=[:,}])", _flat(given)))
        yield Said(tuple(keys), names, "..." in given or (not given.startswith("{") and bool(given)))


def _arguments(script: str, at: int, known: list[Literal]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the first two arguments of a call lie, the second one empty if there is none."""
    depth, ends, inside = 0, [at], {literal.start: literal.end for literal in known}
    while True:
        if at in inside:
            at = inside[at]
            continue
        sign = script[at]
        if sign in ")]}" and depth == 0:
            ends.append(at + 1)
            break
        if sign == "," and depth == 0:
            ends.append(at + 1)
        depth += (sign in "([{") - (sign in ")]}")
        at += 1
    found = [(start, end - 1) for start, end in pairwise(ends)]
    return found[0], found[1] if len(found) > 1 else (0, 0)


def _flat(given: str) -> str:
    """An object's text without what is nested in it."""
    flat, depth = "", 0
    for sign in given:
        if sign in ")]}":
            depth -= 1
        if depth <= 1 and not (depth == 1 and sign in ")]"):
            flat += sign
        if sign in "([{":
            depth += 1
    return flat
