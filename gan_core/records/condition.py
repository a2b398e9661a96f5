"""A small language of conditions on a run: `collapsed`, `coverage > 0.8 and step >= 1000`, `not (modes < 9 or learnt)`.

    condition:  both, or `condition or both`
    both:       part, or `both and part`
    part:       `not part`, `(condition)`, a comparison, a state
    comparison: a name of NUMBERS, one of >= <= > < =, and a number
    state:      one of `gan_core.records.story.STATES`

Capitals and small letters are the same, and so are - and _ in a word.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

from gan_core.records.readings import READINGS
from gan_core.records.story import STATES
from gan_core.texts.catalogue import say

MAX_LENGTH = 200  # characters
MAX_DEPTH = 20  # of parentheses and `not` inside each other

OF_MODES = ("modes", "high_quality", "reverse_kl")  # of targets that have modes: measures/modes.py
# Losses of training: their mean over the steps since the look before. There is a reading that is called d_loss, too,
# D's loss over the cells of its map; a condition does not know that one.
LOSSES = ("d_loss", "g_loss")
_AT_REST = ("w2", "w2_of_data")  # which are not read while a run moves
NUMBERS = ("step", *LOSSES, *(name for name in READINGS if name not in (*LOSSES, *_AT_REST)), *OF_MODES)

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(rf"\s*(?:(?P<sign>[<>]=?|=)|(?P<bracket>[()])|(?P<number>{_NUMBER})|(?P<word>[^\W\d][\w-]*))", re.A)

Facts = Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """A number of the run, held against another. One that is not known, or NaN, makes it false, whatever the sign."""

    binds: ClassVar[int] = 3  # tighter than anything else

    name: str  # of NUMBERS
    sign: str
    number: float

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {_written(self.number)}"

    def holds(self, facts: Facts, state: str) -> bool:
        """Whether it is so."""
        return _SIGNS[self.sign](facts.get(self.name, math.nan), self.number)

    def parts(self) -> Iterator[Comparison | InState]:
        """The comparisons and states in it: itself."""
        yield self


@dataclass(frozen=True)
class InState:
    """That the run is in a state."""

    binds: ClassVar[int] = 3

    state: str  # of STATES

    def __str__(self) -> str:
        return self.state

    def holds(self, facts: Facts, state: str) -> bool:
        """Whether it is."""
        return state == self.state

    def parts(self) -> Iterator[Comparison | InState]:
        """The comparisons and states in it: itself."""
        yield self


@dataclass(frozen=True)
class Not:
    """That something does not hold: true, too, where a number in it is not known."""

    binds: ClassVar[int] = 2

    of: Part

    def __str__(self) -> str:
        return f"not {_within(self.of, self.binds)}"

    def holds(self, facts: Facts, state: str) -> bool:
        """Whether it does not."""
        return not self.of.holds(facts, state)

    def parts(self) -> Iterator[Comparison | InState]:
        """The comparisons and states in it."""
        return self.of.parts()


@dataclass(frozen=True)
class Several:
    """That all of several parts hold, or that one of them does. None is itself one of the same kind."""

    word: str  # and, or
    of: tuple[Part, ...]  # two or more

    @property
    def binds(self) -> int:
        """How tightly: `and` more than `or`."""
        return int(self.word == "and")

    def __str__(self) -> str:
        return f" {self.word} ".join(_within(part, self.binds + 1) for part in self.of)

    def holds(self, facts: Facts, state: str) -> bool:
        """Whether it is so."""
        held = (part.holds(facts, state) for part in self.of)
        return all(held) if self.word == "and" else any(held)

    def parts(self) -> Iterator[Comparison | InState]:
        """The comparisons and states in it."""
        return (part for each in self.of for part in each.parts())


Part = Comparison | InState | Not | Several


@dataclass(frozen=True)
class Condition:
    """What is asked of a run, at a look at it. Its `str` reads back as an equal one."""

    of: Part

    def __str__(self) -> str:
        return str(self.of)

    @property
    def names(self) -> frozenset[str]:
        """The numbers it asks for, of NUMBERS."""
        return frozenset(part.name for part in self.of.parts() if isinstance(part, Comparison))

    @property
    def states(self) -> frozenset[str]:
        """The states it names, of STATES."""
        return frozenset(part.state for part in self.of.parts() if isinstance(part, InState))

    @property
    def steps(self) -> frozenset[int]:
        """The steps at which it may turn by the step alone: each is worth a look."""
        compared = (part for part in self.of.parts() if isinstance(part, Comparison) and part.name == "step")
        return frozenset(
            math.floor(part.number) + 1 if part.sign in (">", "<=") else math.ceil(part.number) for part in compared
        )

    def holds(self, facts: Facts, state: str) -> bool:
        """Whether it holds of a run in this state with these numbers, by name: NaN, or none, where one is not defined.

        Plain logic: a comparison with a number that is not defined is false, and so its `not` is true.
        """
        return self.of.holds(facts, state)


def only_step(condition: Condition) -> int | None:
    """The step from which on, or at which, a condition holds that asks for nothing else: `step >= N`, `step = N`."""
    part = condition.of
    if not isinstance(part, Comparison) or part.name != "step" or part.sign not in (">=", "=", ">"):
        return None
    if part.sign == "=":
        return int(part.number) if part.number == int(part.number) else None
    return math.ceil(part.number) if part.sign == ">=" else math.floor(part.number) + 1


def read_condition(text: str) -> Condition:
    """Read a condition. Raises ValueError with one sentence that says what is wrong."""
    _check_length(text)
    condition = _Reader(text).read()
    _check_length(str(condition))  # what is short may be longer with all its blanks, and has to be read again
    return condition


def _check_length(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ValueError(say("condition.long", most=MAX_LENGTH, length=len(text)))


class _Reader:
    """Goes through a text, token by token."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at, self._depth = text, [*_tokens(text)], 0, 0

    def read(self) -> Condition:
        if not self._tokens:
            raise ValueError(say("condition.empty"))
        whole = self._whole()
        if self._next() is not None:
            raise self._wrong("condition.go-on")
        return Condition(whole)

    def _whole(self) -> Part:
        return self._several("or", lambda: self._several("and", self._part))

    def _several(self, word: str, read: Callable[[], Part]) -> Part:
        parts = [read()]
        while self._take(word):
            parts.append(read())
        flat = [each for part in parts for each in _told_apart(part, word)]
        return flat[0] if len(flat) == 1 else Several(word, tuple(flat))

    def _part(self) -> Part:
        if self._take("not"):
            return Not(self._deeper(self._part))
        if self._take("("):
            inside = self._deeper(self._whole)
            if not self._take(")"):
                raise self._wrong("condition.close")
            return inside
        kind, token = self._next() or ("", "")
        if kind != "word" or token.lower() in ("and", "or"):
            raise self._wrong("condition.part")
        self._at += 1
        return self._about(token)

    def _about(self, word: str) -> Part:
        name, state = word.lower().replace("-", "_"), word.lower().replace("_", "-")
        kind, sign = self._next() or ("", "")
        if state in STATES:
            if kind == "sign":
                raise ValueError(say("condition.is-state", name=state))
            return InState(state)
        if name not in NUMBERS:
            raise _unknown(word)
        if kind != "sign":
            raise ValueError(say("condition.is-number", name=name))
        self._at += 1
        kind, number = self._next() or ("", "")
        if kind != "number":
            raise self._wrong("condition.number")
        if not math.isfinite(float(number)):
            raise ValueError(say("condition.infinite", number=number))
        self._at += 1
        return Comparison(name, sign, float(number) + 0.0)  # -0 is 0

    def _deeper(self, read: Callable[[], Part]) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError(say("condition.deep", most=MAX_DEPTH))
        part = read()
        self._depth -= 1
        return part

    def _next(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, token: str) -> bool:
        there = self._next()
        taken = there is not None and there[1].lower() == token
        self._at += taken
        return taken

    def _wrong(self, key: str) -> ValueError:
        before = " ".join(token for _, token in self._tokens[: self._at])
        there = self._next()
        place = say("condition.after", text=before) if before else say("condition.first")
        given = say("condition.given", text=there[1]) if there else say("condition.nothing")
        return ValueError(say("condition.wrong", place=place, wanted=say(key), given=given))


def _unknown(word: str) -> ValueError:
    """What is said of a word that is none: those that look like it, if there are any, else all that there are."""
    meant = get_close_matches(word.lower().replace("-", "_"), [*STATES, *NUMBERS])
    if meant:
        return ValueError(say("condition.meant", name=word, names=", ".join(meant)))
    return ValueError(say("condition.unknown", name=word, states=", ".join(STATES), names=", ".join(NUMBERS)))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """The tokens of a text, each with its kind."""
    at, end = 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise ValueError(say("condition.sign", text=text[at:].lstrip()[0]))
        yield token.lastgroup, token[token.lastgroup]
        at = token.end()


def _told_apart(part: Part, word: str) -> tuple[Part, ...]:
    return part.of if isinstance(part, Several) and part.word == word else (part,)


def _within(part: Part, least: int) -> str:
    """A part as it stands in one that binds so tightly."""
    return str(part) if part.binds >= least else f"({part})"


def _written(number: float) -> str:
    """As short as reads back as the same number."""
    return repr(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)
