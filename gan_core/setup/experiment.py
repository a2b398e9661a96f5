"""A run's configuration and values as they were recorded, in whichever form: read here, by all who read them.

What a run is made of grows. A run that was recorded before there was a field did what some fixed value of it does now;
the tables below say which, so that every older run is read as one of today. A field that is not known here comes from a
newer version, and is refused: nobody here could train such a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from gan_core.setup.config import BOUNDS, GANConfig, HyperParameters

# For each field that there was not from the first recorded run on, what runs without it did, whatever its default is by
# now. A new field of GANConfig or HyperParameters needs a line here; then tests/recorded/README.md says what else.
YOUNGER_CONFIG: dict[str, Any] = {
    "task": "gan",  # there was no other: G and D were trained, each against the other
}
YOUNGER_VALUES: dict[str, float] = {}


class UnknownField(ValueError):
    """Something was recorded that this version does not know; the message is a sentence without its full stop."""


def read_experiment(config: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[GANConfig, HyperParameters]:
    """Read what a run is made of and began with. Raises ValueError with what is wrong: see the two below."""
    return read_config(config), read_values(values)


def read_config(recorded: Mapping[str, Any]) -> GANConfig:
    """Read a configuration of any form so far.

    Raises UnknownField for a field of a newer form, and ValueError for one that is missing, of a wrong type or out of
    range.
    """
    return GANConfig(**completed(recorded, (field.name for field in fields(GANConfig)), YOUNGER_CONFIG))


def read_values(recorded: Mapping[str, Any]) -> HyperParameters:
    """Read live values of any form so far, of a recipe or of a checkpoint. Raises as `read_config`."""
    values = completed(recorded, BOUNDS, YOUNGER_VALUES)
    return HyperParameters(**{name: BOUNDS[name].check(name, value) for name, value in values.items()})


def read_value(name: str, value: object) -> float:
    """Read what one live value was changed to. Raises UnknownField for one of a newer form, ValueError out of range."""
    if name not in BOUNDS:
        raise _unknown([name])
    return BOUNDS[name].check(name, value)


def completed(recorded: Mapping[str, Any], names: Iterable[str], younger: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded fields in the order of `names`, with what those meant that there were not yet.

    Raises UnknownField for a field that is not among `names`, and ValueError for a missing one that is not `younger`.
    """
    if not isinstance(recorded, Mapping):
        raise ValueError("what it is made of is no list of fields")
    known = list(names)
    unknown = [name for name in recorded if name not in known]
    if unknown:
        raise _unknown(unknown)
    whole = {**younger, **recorded}
    missing = [name for name in known if name not in whole]
    if missing:
        raise ValueError(f"it was recorded without {_listed(missing)}, which every run has")
    return {name: whole[name] for name in known}


def _unknown(names: list[str]) -> UnknownField:
    newer = "perhaps by a newer one, which can read it"
    return UnknownField(f"it was recorded with {_listed(names)}, which this version of GANscope does not know; {newer}")


def _listed(names: list[str]) -> str:
    return ", ".join(repr(str(name)[:40]) for name in names[:3])
