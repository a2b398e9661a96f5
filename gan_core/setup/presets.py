"""The scenarios that a visitor can open, as data. A new one is one entry here, and its words in the catalogue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.registry import Registry
from gan_core.setup.scenario import GROUPS, SOON_FASTER, Preset
from gan_core.setup.shelf import SHELF
from gan_core.setup.zoo import ZOO

__all__ = ["DEFAULT_PRESET", "GROUPS", "PRESETS", "Preset", "find_preset"]


_FIGURE_2 = HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9)  # and of 3, 4 and 6
_FIGURE_7 = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)

_ALL = (
    Preset(
        name="target",
        group="article",
        figure=1,
        length=120,
        pauses=True,
        config=GANConfig(task="none"),
        values=_FIGURE_2,
    ),
    Preset(
        name="mode-collapse",
        group="article",
        figure=2,
        pauses=True,
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="generator-capacity",
        group="article",
        figure=3,
        pauses=True,
        config=GANConfig(task="fit"),
        values=_FIGURE_2,
    ),
    Preset(
        name="discriminator-capacity",
        group="article",
        figure=4,
        pauses=True,
        config=GANConfig(task="noise", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="longer",
        group="article",
        figure=5,
        length=6_000,
        paces=SOON_FASTER,
        view="strata",
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="what-d-learns",
        group="article",
        figure=6,
        pauses=True,
        config=GANConfig(task="blob", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="better",
        group="article",
        figure=7,
        length=60_000,
        paces=SOON_FASTER,
        view="samples",
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="tears",
        group="article",
        figure=8,
        length=60_000,
        paces=SOON_FASTER,
        view="samples",
        lenses=("tears",),
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="quick",
        length=6_000,
        paces=((1, None),),
        config=sized(width=128, batch=256),
        values=_FIGURE_7,
    ),
)


def _to_begin_from(name: str, config: GANConfig, values: HyperParameters = _FIGURE_7, view: str = "losses") -> Preset:
    """What somebody may begin an experiment of their own from."""
    return Preset(name, config, values, group="laboratory", length=3_000, paces=SOON_FASTER, view=view)


_SMALL = partial(sized, width=128, batch=256)
_LABORATORY = (
    _to_begin_from("ring", _SMALL(target="ring"), view="strata"),
    # A weight of 1 for the grid in its own units is 0.04 where it is a fifth as large: gan_core/papers/penalties.py.
    _to_begin_from(
        "grid", _SMALL(target="grid", penalty="r1+r2"), replace(_FIGURE_7, penalty_weight=0.04), view="strata"
    ),
    _to_begin_from("moons", _SMALL(target="moons")),
    # Data that come with GANscope, by what they are: gan_core/datasets/shipped.py.
    _to_begin_from("drawn", _SMALL(target="csv-557b0c6100ed8d4a")),
    _to_begin_from("csv", _SMALL(target="csv-5753ff14891a0fe9")),
    _to_begin_from("blank", sized(width=16, depth=1, batch=128, target="gaussian")),
)


def _of_two_numbers(name: str, objective: str, lr_d: float) -> Preset:
    """A game of two numbers, with steps of 0.2 for both as papers write the losses, by descent at once."""
    rule = "sgd-at-once"
    g, d = "none:relu:point:linear", "none:relu:slope"
    rules = {"optimiser_g": rule, "optimiser_d": rule}
    config = GANConfig(target="dirac", generator=g, discriminator=d, objective=objective, batch=2).changed(rules)
    values = HyperParameters(lr_g=0.2, lr_d=lr_d, beta1_g=0.0, beta1_d=0.0)
    return Preset(name, config, values, group="shelf-games", length=500, view="game")


_THEORY = (
    _of_two_numbers("dirac", "minimax", lr_d=0.4),  # D's loss is half of what papers write
    _of_two_numbers("bilinear", "wasserstein(clip=0)", lr_d=0.2),
)

PRESETS: Registry[Preset] = Registry(
    "preset", {preset.name: preset for preset in (*_ALL, *_LABORATORY, *SHELF, *_THEORY, *ZOO)}
)
DEFAULT_PRESET = "mode-collapse"


def find_preset(name: str) -> Preset:
    """Return the preset called `name`. Raises ValueError with the names there are."""
    return PRESETS.find(name)
