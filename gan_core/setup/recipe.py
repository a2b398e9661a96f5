"""What fixes a recorded run, as its file holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gan_core.setup.experiment import read_experiment
from gan_core.setup.presets import PRESETS, Preset


@dataclass(frozen=True, slots=True)
class Recipe:
    """What fixes a run: with the log of changes, and the state it begins from if it is a branch, it can be repeated."""

    id: str  # names the run in its folder and in addresses
    preset: str  # the scenario it was begun as; this version need not know it
    config: Mapping[str, Any]  # all fields of GANConfig, also where the file is older: gan_core/setup/experiment.py
    values: Mapping[str, float]  # all fields of HyperParameters, as it began with them
    seed: int
    device: str
    precision: str
    threads: int
    torch: str  # version of the library that trained it
    machine: str  # processor and system, in words
    created: float  # seconds since the epoch
    parent: str | None = None  # id of the run that this one branched off
    parent_step: int | None = None  # the step at which it did: its own first checkpoint
    # Where a branch was made something else: the step, and all fields of the GANConfig that trained those up to it.
    changed_at: int | None = None
    config_before: Mapping[str, Any] | None = None
    sweep: str | None = None  # id of the sweep of which this was a run, if it is trained again from one


def preset_of(recipe: Recipe) -> Preset:
    """Return what a recorded run was begun as; its own values count, whatever the preset of that name says by now.

    Raises ValueError when the recipe asks for what there cannot be.
    """
    try:
        begun = read_experiment(recipe.config, recipe.values)
    except ValueError as error:
        raise ValueError(f"This run cannot be trained here: {str(error).rstrip('.')}.") from None
    known = PRESETS.get(recipe.preset) or Preset(recipe.preset, begun.config, begun.values)
    return replace(known, config=begun.config, values=begun.values)
