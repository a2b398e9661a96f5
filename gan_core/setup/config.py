"""What a run is made of: the fixed configuration and the live hyper-parameters.

Every default and range stands here once, as field metadata; sliders, command-line options, typed values and messages
all read it from here. Words are in the catalogue, under `value.NAME`. This file knows nothing of torch, threads or the
browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import UnionType
from typing import Literal

from gan_core.texts.catalogue import say_or

Scale = Literal["linear", "log"]

# How a run is computed. `auto` is resolved in gan_core.training.compute; the names stand here because reading options
# must not load torch.
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bfloat16")
MAX_THREADS = 256

# What a run trains; the keys of gan_core.training.tasks.TASKS, which says what each of them does.
TASK_NAMES = ("gan", "fit", "noise", "blob", "none")


@dataclass(frozen=True)
class Bounds:
    """Range and words of one live value.

    `low` and `high` are inclusive. `step` is the distance between two slider positions: in the value itself on a
    linear scale, in powers of ten on a logarithmic one.
    """

    name: str
    low: float
    high: float
    scale: Scale
    step: float

    @property
    def label(self) -> str:
        """Says on its own what it is."""
        return say_or(self.name, f"value.{self.name}.label")

    @property
    def short(self) -> str:
        """What it is called under a heading that names the network."""
        return say_or(self.label, f"value.{self.name}.short")

    @property
    def help(self) -> str:
        """What it does."""
        return say_or("", f"value.{self.name}.help")

    def check(self, name: str, value: object) -> float:
        """Return `value` as a float inside the range.

        Raises ValueError with a sentence fit for the person who gave the value.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} must be a number, not {value!r}.")
        # Compared before it is converted: JSON's integers can be too large for a float. NaN fails both comparisons.
        if not self.low <= value <= self.high:
            raise ValueError(f"{name} must lie between {self.low:g} and {self.high:g}; {_short(value)} does not.")
        return float(value)


def _short(value: float) -> str:
    return repr(value) if isinstance(value, float) or abs(value) < 10**30 else "a longer number"


_LEARNING_RATE = {"low": 1e-6, "high": 1e-1, "scale": "log", "step": 0.01}
_BETA1 = {"low": 0.0, "high": 0.999, "scale": "linear", "step": 0.001}


def _live(default: float, bounds: Bounds) -> float:
    value: float = field(default=default, metadata={"bounds": bounds})
    return value


@dataclass(frozen=True)
class HyperParameters:
    """The values that may change between any two steps. All are dimensionless."""

    lr_g: float = _live(1e-3, Bounds("lr_g", **_LEARNING_RATE))  # type: ignore[arg-type]  # one table for both
    lr_d: float = _live(1e-3, Bounds("lr_d", **_LEARNING_RATE))  # type: ignore[arg-type]
    beta1_g: float = _live(0.9, Bounds("beta1_g", **_BETA1))  # type: ignore[arg-type]
    beta1_d: float = _live(0.9, Bounds("beta1_d", **_BETA1))  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS.items():
            bounds.check(name, getattr(self, name))

    def changed(self, values: Mapping[str, float]) -> HyperParameters:
        """Return a copy with `values` replaced. Raises ValueError for an unknown name or a value out of range."""
        unknown = sorted(set(values) - set(BOUNDS))
        if unknown:
            raise ValueError(f"There is no hyper-parameter {unknown[0]!r}; there are {', '.join(BOUNDS)}.")
        # As plain floats: a number of another kind, NumPy's for example, would travel into saved states.
        return replace(self, **{name: BOUNDS[name].check(name, value) for name, value in values.items()})


BOUNDS: dict[str, Bounds] = {f.name: f.metadata["bounds"] for f in fields(HyperParameters)}

# The share of wall-clock time that may go into rendering frames, beside training.
LOOKING_SHARE = Bounds("looking_share", low=0.0, high=0.9, scale="linear", step=0.01)
DEFAULT_LOOKING_SHARE = 0.15
FRAME_RATE = Bounds("frame_rate", low=0.1, high=25.0, scale="log", step=0.01)


_MAX_WEIGHTS = 1 << 25  # of one network, about
_MAX_ACTIVATIONS = 1 << 26  # of one network for one batch


@dataclass(frozen=True)
class GANConfig:
    """What stays fixed for a whole run. The defaults are the article's network and batch."""

    target: str = "spiral"  # a key of targets.TARGETS
    objective: str = "non-saturating"  # a key of objectives.OBJECTIVES
    width: int = 512  # units in each hidden layer
    depth: int = 3  # hidden layers
    leak: float = 0.1  # slope of LeakyReLU below zero
    batch: int = 512  # z per generator update; the discriminator sees half real, half fake
    beta2: float = 0.999  # Adam's second decay rate
    epsilon: float = 1e-7  # added to sqrt(v) as Keras does, before any bias correction
    task: str = "gan"  # a key of tasks.TASKS

    def __post_init__(self) -> None:
        kinds: dict[str, type | UnionType] = {"str": str, "int": int, "float": int | float}
        for field_ in fields(self):
            value = getattr(self, field_.name)
            if isinstance(value, bool) or not isinstance(value, kinds[str(field_.type)]):
                raise ValueError(f"{field_.name} must be of the kind {field_.type}; {value!r} is not.")
        if self.task not in TASK_NAMES:
            raise ValueError(f"There is no task {self.task!r}; there are {', '.join(TASK_NAMES)}.")
        # The upper limits are far beyond what trains here: they keep a stranger's file from asking for all memory.
        if not 2 <= self.batch <= 65_536 or self.batch % 2:
            raise ValueError(f"batch must be an even number from 2 to 65536; {self.batch} is not.")
        if not 1 <= self.width <= 4096 or not 1 <= self.depth <= 16:
            raise ValueError("width must be from 1 to 4096, and depth from 1 to 16.")
        if self.width**2 * self.depth > _MAX_WEIGHTS or self.batch * self.width * self.depth > _MAX_ACTIVATIONS:
            raise ValueError("width, depth and batch together ask for more memory than a run may take.")
        if not (0 <= self.leak <= 1 and 0 <= self.beta2 < 1 and 0 < self.epsilon <= 1):
            raise ValueError("leak must be from 0 to 1, beta2 from 0 to less than 1, and epsilon above 0, at most 1.")
