"""What there is of one kind, by name: targets, objectives, lenses, scenarios. What is added can be chosen at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Generic, TypeVar

from gan_core.setup.part import Part, number, read_part

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9+-]{0,39}")
_KEPT = 64  # parts of a kind that stay made: links and settings may ask for ever other numbers


class Registry(Mapping[str, T]):
    """Entries of one kind, in the order in which they were added. Read as a dictionary."""

    def __init__(self, kind: str, entries: Mapping[str, T] | None = None) -> None:
        """`kind` is what one entry is called in a sentence."""
        self.kind = kind
        self._entries: dict[str, T] = {}
        for name, entry in (entries or {}).items():
            self.add(name, entry)

    def add(self, name: str, entry: T) -> None:
        """Add an entry. Raises ValueError for a name that is taken, or is not small letters, digits, - and +."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"A {self.kind} must be called by small letters, digits, - and +, not {name[:40]!r}.")
        if name in self._entries:
            raise ValueError(f"There is a {self.kind} called {name!r} already.")
        self._entries[name] = entry

    def replace(self, name: str, entry: T) -> None:
        """Put another entry in the place of the one of this name. Raises KeyError when there is none."""
        self._entries[name]
        self._entries[name] = entry

    def find(self, name: str) -> T:
        """The entry of this name. Raises ValueError with a sentence that lists the names there are."""
        if name not in self._entries:
            raise ValueError(f"There is no {self.kind} {name[:40]!r}; there are {', '.join(self._entries)}.")
        return self._entries[name]

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True)
class Number:
    """One number of a part: what it is unless it is given, and the range it may have, both ends included."""

    default: float
    low: float
    high: float
    whole: bool = False


@dataclass(frozen=True)
class Maker(Generic[T]):
    """How one part is made of its numbers."""

    make: Callable[..., T]
    numbers: Mapping[str, Number]


@dataclass(frozen=True)
class _Family(Generic[T]):
    """Parts that are not listed: which names they have, how one is made, and whether it is still there."""

    named: Callable[[str], bool]
    make: Callable[[str], T]
    check: Callable[[str], None] | None


class Parts(Mapping[str, T]):
    """Parts of one kind, by name, each made of its numbers. Read as a dictionary, all numbers are the usual ones."""

    def __init__(self, kind: str) -> None:
        """`kind` is what one part is called in a sentence."""
        self._makers: Registry[Maker[T]] = Registry(kind)
        self._families: dict[str, _Family[T]] = {}
        self._made = lru_cache(maxsize=_KEPT)(self._make)

    @property
    def kind(self) -> str:
        """What one part is called in a sentence."""
        return self._makers.kind

    def add(self, name: str, make: Callable[..., T], **numbers: Number) -> None:
        """Add a part that `make` makes, called with its numbers by their names. Raises ValueError as Registry.add."""
        self._makers.add(name, Maker(make, numbers))

    def add_family(
        self,
        prefix: str,
        named: Callable[[str], bool],
        make: Callable[[str], T],
        check: Callable[[str], None] | None = None,
    ) -> None:
        """Add parts without numbers that are not listed: all whose names are `prefix` and what is `named` for one.

        `make` is called with that; it may raise ValueError with a sentence where there is no such part now, and so may
        `check`, which is asked each time, for a part that was made before may have gone.
        """
        self._families[prefix] = _Family(named, make, check)

    def knows(self, name: str) -> bool:
        """Whether a name is that of a part, or can be that of one of a family."""
        return name in self._makers or self._of_family(name) is not None

    def numbers(self, name: str) -> Mapping[str, Number]:
        """The numbers that a part of this name takes. Raises ValueError when there is none."""
        return (self._of_family(name) or self._makers.find(name)).numbers

    def completed(self, text: str) -> str:
        """The text of a part with all its numbers.

        Raises ValueError with a sentence for a part or a number that there is not, or one out of range.
        """
        part = read_part(text)
        numbers = self.numbers(part.name)
        unknown = [name for name in part.numbers if name not in numbers]
        if unknown:
            there = f"there are {', '.join(numbers)}" if numbers else "it has none"
            raise ValueError(f"The {self.kind} {part.name} has no number {unknown[0][:40]!r}; {there}.")
        for name, value in part.numbers.items():
            asked = numbers[name]
            if not asked.low <= value <= asked.high or (asked.whole and value != int(value)):
                what = "a whole number" if asked.whole else "a number"
                raise ValueError(
                    f"{name} of the {self.kind} {part.name} must be {what} from {number(asked.low)} to "
                    f"{number(asked.high)}; {number(value)} is not."
                )
        return str(Part(part.name, {name: part.numbers.get(name, asked.default) for name, asked in numbers.items()}))

    def make(self, text: str) -> T:
        """The part that a text names; of the last _KEPT asked for, the same one. Raises ValueError as `completed`."""
        whole = self.completed(text)
        for prefix, family in self._families.items():
            if family.check is not None and whole.startswith(prefix) and family.named(whole.removeprefix(prefix)):
                family.check(whole.removeprefix(prefix))
        return self._made(whole)

    def _make(self, whole: str) -> T:
        part = read_part(whole)
        maker = self._of_family(part.name) or self._makers[part.name]
        given = {name: int(v) if maker.numbers[name].whole else float(v) for name, v in part.numbers.items()}
        return maker.make(**given)

    def _of_family(self, name: str) -> Maker[T] | None:
        for prefix, family in self._families.items():
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and family.named(rest):
                return Maker(partial(family.make, rest), {})
        return None

    def __getitem__(self, name: str) -> T:
        if name not in self._makers:
            raise KeyError(name)
        return self.make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
