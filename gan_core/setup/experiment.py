"""A run's configuration and values as they were recorded, in whichever form: read here, by all who read them.

What a run is made of grows. A run that was recorded before there was a field did what some fixed value of it does now;
the tables below say which, so that every older run is read as one of today. A field that is not known here comes from a
newer version, and is refused: nobody here could train such a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gan_core.setup.config import BOUNDS, GANConfig, HyperParameters, read_updates
from gan_core.setup.network import MAX_LAYERS, MAX_UNITS
from gan_core.setup.part import number

# For each field that there was not from the first recorded run on, what runs without it did, whatever its default is by
# now. A new field of GANConfig or HyperParameters needs a line here; then tests/recorded/README.md says what else.
YOUNGER_CONFIG: dict[str, Any] = {
    "task": "gan",  # there was no other: G and D were trained, each against the other
    "latent": "uniform",
    "penalty": "none",
    "latent_dim": 2,
    "packing": 1,
    "unrolled": 0,
    "consensus": 0.0,
    "ema": 0.0,
    "noise_steps": 0,
}
YOUNGER_VALUES: dict[str, float] = {
    "penalty_weight": 1.0,
    "instance_noise": 0.0,
    "updates_d": 1.0,  # or as `_UPDATES` says
    "updates_g": 1.0,
}
# A field of configurations, once: what are two live values now, in a text. It was the same for a whole run.
_UPDATES = "updates"
# Branches were all made as their parents are, and no run was one of a sweep.
YOUNGER_RECIPE: dict[str, Any] = {"changed_at": None, "config_before": None, "sweep": None}
# What stood in the place of the networks and optimisers.
_SIZES: dict[str, Any] = {
    "width": int,
    "depth": int,
    "leak": (int, float),
    "beta2": (int, float),
    "epsilon": (int, float),
}


class UnknownField(ValueError):
    """Something was recorded that this version does not know; the message is a sentence without its full stop."""


@dataclass(frozen=True)
class Experiment:
    """All that fixes a run but its seed, and how it is computed: what it is made of, and the values it begins with."""

    config: GANConfig
    values: HyperParameters


def read_experiment(config: Mapping[str, Any], values: Mapping[str, Any]) -> Experiment:
    """Read what a run is made of and began with. Raises ValueError with what is wrong: see the two below."""
    return Experiment(read_config(config), read_values(values, _once_fixed(config)))


def _once_fixed(config: Mapping[str, Any]) -> dict[str, float]:
    """The live values that a configuration of an older form has as a field; of today's none."""
    if not isinstance(config, Mapping) or _UPDATES not in config:
        return {}
    if not isinstance(config[_UPDATES], str):
        raise ValueError(f"updates must be a text; {str(config[_UPDATES])[:40]!r} is not.")
    return read_updates(config[_UPDATES])


def changes_by_fields(recipe: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """What a branch of an older form, as recorded, changed by a field that is a live value now: name, old, new.

    In force from the step after `changed_at` on, and not in its log of changes.
    """
    old, new = (_once_fixed(config or {}) for config in (recipe.get("config_before"), recipe["config"]))
    return [(name, old[name], value) for name, value in new.items() if name in old and old[name] != value]


def read_config(recorded: Mapping[str, Any]) -> GANConfig:
    """Read a configuration of any form so far.

    Raises UnknownField for a field of a newer form, and ValueError for one that is missing, of a wrong type or out of
    range.
    """
    names = [field.name for field in fields(GANConfig)]
    if _once_fixed(recorded):
        recorded = {name: value for name, value in recorded.items() if name != _UPDATES}
    return GANConfig(**completed(_with_networks(recorded), names, YOUNGER_CONFIG))


def _with_networks(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """A configuration from when both networks had one size and Adam, said in five numbers; others as they are."""
    if not isinstance(recorded, Mapping) or not set(_SIZES) & set(recorded) or "generator" in recorded:
        return recorded
    old = completed({name: recorded[name] for name in _SIZES if name in recorded}, _SIZES, {})
    for name, kinds in _SIZES.items():
        if isinstance(old[name], bool) or not isinstance(old[name], kinds):
            raise ValueError(f"{name} must be a number; {old[name]!r} is not.")
    if not 1 <= old["width"] <= MAX_UNITS or not 1 <= old["depth"] <= MAX_LAYERS:
        raise ValueError(f"width must be from 1 to {MAX_UNITS}, and depth from 1 to {MAX_LAYERS}.")
    if not (0 <= old["leak"] <= 1 and 0 <= old["beta2"] < 1 and 0 < old["epsilon"] <= 1):
        raise ValueError("leak must be from 0 to 1, beta2 from 0 to less than 1, and epsilon above 0, at most 1.")
    hidden = f"{','.join([str(old['width'])] * old['depth'])}:leaky-relu(slope={number(old['leak'])})"
    adam = f"adam(beta2={number(old['beta2'])}, epsilon={number(old['epsilon'])})"
    return {
        **{name: value for name, value in recorded.items() if name not in _SIZES},
        "generator": f"{hidden}:tanh",
        "discriminator": f"{hidden}:linear",
        "optimiser_g": adam,
        "optimiser_d": adam,
    }


def read_values(recorded: Mapping[str, Any], younger: Mapping[str, float] | None = None) -> HyperParameters:
    """Read live values of any form so far, of a recipe or of a checkpoint. Raises as `read_config`.

    `younger` are those of this very run, where it had not recorded them as values.
    """
    known = {name: (younger or {}).get(name, value) for name, value in YOUNGER_VALUES.items()}
    values = completed(recorded, BOUNDS, known)
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
