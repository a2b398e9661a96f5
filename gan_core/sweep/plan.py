"""Which runs a sweep has, as a value: what all have in common, what is varied, and the seeds of each.

A run goes by a key that is made of all that fixes it, and of nothing else: two plans that ask for the same run, ask for
one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import prod
from typing import Any

from gan_core.records.condition import read_condition
from gan_core.records.steps import Change
from gan_core.run.facts import check_condition
from gan_core.setup.config import BOTH, BOUNDS, GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import find_preset
from gan_core.sweep.axis import Axis
from gan_core.sweep.eye import ASKED
from gan_core.training.known import check_changes, check_values, completed

MAX_RUNS = 1_000_000
MAX_AXES = 6
_KEY = 20  # digits of a run's key
RECIPE, RECIPES = "recipe", ("a", "b")  # of two that are compared: in cells, and a column of the table


@dataclass(frozen=True)
class Task:
    """One run of a sweep: all that fixes it."""

    key: str
    preset: str  # a label
    config: GANConfig
    values: HyperParameters
    seed: int
    steps: int
    changes: tuple[tuple[int, str, float], ...] = ()  # step, live value, new number: in force from that step on
    until: str = ""  # the condition at which it stops before

    @property
    def experiment(self) -> Experiment:
        """What it is made of."""
        return Experiment(self.config, self.values)

    @property
    def together(self) -> tuple[Any, ...]:
        """What runs must have in common to be trained as one batch."""
        return (self.config, self.values.each, self.steps, self.changes, self.until)


@dataclass(frozen=True)
class Plan:
    """A sweep, before anything of it is trained. `config` is what is not as the preset has it, as text."""

    preset: str
    steps: int
    seeds: tuple[int, ...]
    axes: tuple[Axis, ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[int, str, float], ...] = ()
    until: str = ""
    against: tuple[tuple[str, str], ...] = ()  # what every cell is also trained with, to compare the two recipes

    @property
    def runs(self) -> int:
        """How many it has."""
        return len(self.seeds) * prod(len(axis.values) for axis in self.axes) * (2 if self.against else 1)

    def cells(self) -> Iterator[dict[str, str]]:
        """All combinations of what is varied: the last axis changes first. With `against`, RECIPE is the first one."""
        names = [axis.name for axis in self.axes]
        for recipe in RECIPES if self.against else ("",):
            for values in product(*(axis.values for axis in self.axes)):
                yield {**({RECIPE: recipe} if recipe else {}), **dict(zip(names, values, strict=True))}

    def _altered(self, cell: Mapping[str, str]) -> dict[str, str]:
        """All that is not as the preset has it, as text."""
        other = dict(self.against) if cell.get(RECIPE) == RECIPES[1] else {}
        return {**dict(self.config), **other, **{name: text for name, text in cell.items() if name != RECIPE}}

    def tasks(self) -> Iterator[tuple[dict[str, str], Task]]:
        """Every run with its cell, cell after cell. Raises ValueError with a sentence for one that there cannot be."""
        preset = find_preset(self.preset)
        whole: dict[GANConfig, GANConfig] = {}
        for cell in self.cells():
            asked = preset.altered(self._altered(cell), {})
            config = whole.setdefault(asked.config, completed(asked.config))
            for seed in self.seeds:
                yield cell, _task(self, config, asked.values, seed)

    def for_training(self) -> Iterator[Task]:
        """Every run, those that can be trained as one batch behind each other: what is fixed changes last."""
        fixed = [axis for axis in self.axes if not _may_differ(axis.name)]
        live = [axis for axis in self.axes if _may_differ(axis.name)]
        for one in replace(self, axes=tuple(fixed)).cells():
            inner = replace(self, axes=tuple(live), config=tuple(self._altered(one).items()), against=())
            found = [task for _, task in inner.tasks()]
            for i in range(len(self.seeds)):  # seed by seed, so that every cell soon has a run
                yield from found[i :: len(self.seeds)]

    def check(self) -> None:
        """Raise ValueError with a sentence for a plan of which not every run can be trained."""
        names = [axis.name for axis in self.axes]
        if len(names) > MAX_AXES:
            raise ValueError(f"A sweep varies {MAX_AXES} things at most; these are {len(names)}.")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} is varied twice: give all its values at once.")
        if self.runs > MAX_RUNS:
            raise ValueError(f"A sweep has {MAX_RUNS:,} runs at most; these would be {self.runs:,}.")
        late = next((change for change in self.changes if change[0] > self.steps), None)
        if late is not None:
            raise ValueError(f"{late[1]} would change at step {late[0]:,}, after the last of {self.steps:,}.")
        condition = read_condition(self.until) if self.until else None
        beyond = sorted(condition.names - ASKED) if condition else []
        if beyond:
            raise ValueError(f"{beyond[0]} is not read of the runs of a sweep; there are {', '.join(sorted(ASKED))}.")
        seen: set[str] = set()
        asked: set[GANConfig] = set()
        for cell, task in self.tasks():
            try:
                if condition is not None and task.config not in asked:
                    check_condition(condition, task.config)
                    asked.add(task.config)
                check_values(task.config, task.values)
                check_changes(task.config, task.values, [(name, value) for _, name, value in self.changes])
            except ValueError as error:
                raise ValueError(f"{words(cell)}: {error}" if cell else str(error)) from None
            if task.key in seen:
                raise ValueError(f"{words(cell)} is the same run as another one of this sweep.")
            seen.add(task.key)

    def as_json(self) -> dict[str, Any]:
        """As files and requests have it."""
        found = asdict(self)
        found["axes"] = {axis.name: list(axis.values) for axis in self.axes}
        found |= {"config": dict(self.config), "against": dict(self.against)}
        return found


def groups(plan: Plan, done: Iterable[str], together: Callable[[Task], int]) -> Iterator[tuple[Task, ...]]:
    """The runs that are not done, in the parts in which they are handed out.

    `together` says of a run how many like it are best trained as one batch. Neighbours are alike where what is varied
    are live values: the plan is gone through with these innermost.
    """
    there = set(done)
    found: list[Task] = []
    for task in plan.for_training():
        if task.key in there:
            continue
        if found and (found[0].together != task.together or len(found) >= together(found[0])):
            yield tuple(found)
            found = []
        found.append(task)
    if found:
        yield tuple(found)


def read_plan(given: Mapping[str, Any]) -> Plan:
    """Read what `as_json` gave, from anybody. Raises ValueError with a sentence."""
    try:
        plan = Plan(
            preset=str(given["preset"]),
            steps=_whole("steps", given["steps"]),
            seeds=tuple(_whole("a seed", seed) for seed in given["seeds"]),
            axes=tuple(Axis(str(name), tuple(map(str, values))) for name, values in given.get("axes", {}).items()),
            config=tuple((str(name), str(text)) for name, text in given.get("config", {}).items()),
            changes=tuple(_change(change) for change in given.get("changes", ())),
            until=str(given.get("until", "")),
            against=tuple((str(name), str(text)) for name, text in given.get("against", {}).items()),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no plan of a sweep: {error} is missing or of another kind.") from None
    return plan


def _may_differ(name: str) -> bool:
    """Whether runs that differ in it can be trained as one batch."""
    return name in BOTH or (name in BOUNDS and not name.startswith("updates"))


def _change(given: Any) -> tuple[int, str, float]:
    step, name, value = given if isinstance(given, list | tuple) and len(given) == 3 else (None, "", None)
    if name not in BOUNDS:
        raise ValueError(f"A change of a sweep is a step, a live value and a number; {str(given)[:60]} is not.")
    return _whole("a step", step), str(name), BOUNDS[name].check(name, value)


def words(cell: Mapping[str, str]) -> str:
    """A cell in words."""
    return ", ".join(f"{name}={value}" for name, value in cell.items())


def changes_of(task: Task) -> list[Change]:
    """Its changes, each with what the value was before."""
    held = {name: getattr(task.values, name) for name in BOUNDS}
    found = []
    for step, name, value in sorted(task.changes, key=lambda change: change[0]):
        found.append(Change(step, name, held[name], value))
        held[name] = value
    return found


def _task(plan: Plan, config: GANConfig, values: HyperParameters, seed: int) -> Task:
    fixed = [vars(config), vars(values), seed, plan.steps, plan.changes, plan.until]
    key = hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:_KEY]
    return Task(key, plan.preset, config, values, seed, plan.steps, plan.changes, plan.until)


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError(f"{name} of a sweep must be a whole number; {str(value)[:40]!r} is not.")
    return value
