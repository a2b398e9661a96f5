"""What a run is made of: the fixed configuration and the live hyper-parameters.

Every default and range stands here once, as field metadata; sliders, command-line options, typed values and messages
all read it from here. Words are in the catalogue, under `value.NAME`. This file knows nothing of torch, threads or the
browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from gan_core.setup.network import Network, read_network
from gan_core.setup.part import number, read_part
from gan_core.setup.plane import MAX_LATENT_DIM
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
    needs: tuple[str, ...] = ()  # of records.offers.OFFERS: what a run must have for the value to count
    whole: bool = False  # whether it counts something

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
        if self.whole and value != int(value):
            raise ValueError(f"{name} must be a whole number; {_short(value)} is not.")
        return float(value)


def _short(value: float) -> str:
    return repr(value) if isinstance(value, float) or abs(value) < 10**30 else "a longer number"


_LEARNING_RATE = {"low": 1e-6, "high": 1.0, "scale": "log", "step": 0.01}
_BETA1 = {"low": 0.0, "high": 0.999, "scale": "linear", "step": 0.001}
MAX_UPDATES = 10  # of one network in a step
_UPDATES = {"low": 0, "high": MAX_UPDATES, "scale": "linear", "step": 1, "needs": ("turns",), "whole": True}


def _live(default: float, bounds: Bounds) -> float:
    value: float = field(default=default, metadata={"bounds": bounds})
    return value


@dataclass(frozen=True)
class HyperParameters:
    """The values that may change between any two steps. All but the noise are dimensionless."""

    lr_g: float = _live(1e-3, Bounds("lr_g", **_LEARNING_RATE))  # type: ignore[arg-type]  # one table for both
    lr_d: float = _live(1e-3, Bounds("lr_d", **_LEARNING_RATE))  # type: ignore[arg-type]
    beta1_g: float = _live(0.9, Bounds("beta1_g", **_BETA1))  # type: ignore[arg-type]
    beta1_d: float = _live(0.9, Bounds("beta1_d", **_BETA1))  # type: ignore[arg-type]
    penalty_weight: float = _live(1.0, Bounds("penalty_weight", 1e-4, 1e3, "log", 0.01, needs=("penalty",)))
    # A standard deviation, in data units.
    instance_noise: float = _live(0.0, Bounds("instance_noise", 0.0, 1.0, "linear", 0.001, ("discriminator",)))
    # How often each network is updated in a step, D first: whole numbers, and not 0 for both.
    updates_d: float = _live(1.0, Bounds("updates_d", **_UPDATES))  # type: ignore[arg-type]  # the same
    updates_g: float = _live(1.0, Bounds("updates_g", **_UPDATES))  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        for name, bounds in BOUNDS.items():
            object.__setattr__(self, name, bounds.check(name, getattr(self, name)))

    @property
    def each(self) -> tuple[int, int]:
        """How many updates of D and of G a step has."""
        return int(self.updates_d), int(self.updates_g)

    @property
    def batches(self) -> tuple[int, int]:
        """How many batches for D and for G a step draws: who is not updated is measured on one all the same."""
        return drawn_for(self.each)

    def changed(self, values: Mapping[str, float]) -> HyperParameters:
        """Return a copy with `values` replaced. Raises ValueError for an unknown name or a value out of range."""
        unknown = sorted(set(values) - set(BOUNDS))
        if unknown:
            raise ValueError(f"There is no hyper-parameter {unknown[0]!r}; there are {', '.join(BOUNDS)}.")
        # As plain floats: a number of another kind, NumPy's for example, would travel into saved states.
        return replace(self, **{name: BOUNDS[name].check(name, value) for name, value in values.items()})


@dataclass(frozen=True)
class InForce(HyperParameters):
    """The live values as one step has them: the weight of a lazy penalty may be 0 there, or more than can be set."""

    def __post_init__(self) -> None:
        """There is nothing to check: they were made of values that were."""


def drawn_for(each: tuple[int, int]) -> tuple[int, int]:
    """How many batches for D and for G a step draws that has so many updates of them."""
    return max(each[0], 1), max(each[1], 1)


BOUNDS: dict[str, Bounds] = {f.name: f.metadata["bounds"] for f in fields(HyperParameters)}

# The share of wall-clock time that may go into rendering frames, beside training.
LOOKING_SHARE = Bounds("looking_share", low=0.0, high=0.9, scale="linear", step=0.01)
DEFAULT_LOOKING_SHARE = 0.15
FRAME_RATE = Bounds("frame_rate", low=0.1, high=25.0, scale="log", step=0.01)


# What stands for the same of both players, where values are read as text.
BOTH = {"lr": ("lr_g", "lr_d"), "beta1": ("beta1_g", "beta1_d")}

_MAX_WEIGHTS = 1 << 25  # of one network, about
_MAX_ACTIVATIONS = 1 << 26  # of one network for one batch
# Of the numbers of a configuration, both ends included.
RANGES: dict[str, tuple[float, float]] = {
    "latent_dim": (1, MAX_LATENT_DIM),
    "packing": (1, 4),
    "unrolled": (0, 10),
    "consensus": (0, 100),
    "ema": (0, 0.99999),
    "noise_steps": (0, 10**9),
}
_HIDDEN = "512,512,512:leaky-relu(slope=0.1)"
_ADAM = "adam(beta2=0.999, epsilon=1e-07)"


@dataclass(frozen=True)
class GANConfig:
    """What stays fixed for a whole run. The defaults are the article's.

    Every field is a number or a text, as files, links and command lines have them; equal configurations have equal
    fields. Whether there is a target, say, of a name is known to the registries (`gan_core.training.known`).
    """

    task: str = "gan"  # one of TASK_NAMES
    target: str = "spiral"  # a part, by targets.TARGETS
    latent: str = "uniform"  # a part, by targets.LATENTS
    latent_dim: int = 2  # numbers that a latent has
    generator: str = f"{_HIDDEN}:tanh"  # a network, its activation by training.ACTIVATIONS
    discriminator: str = f"{_HIDDEN}:linear"  # the same; its output is the logit
    objective: str = "non-saturating"  # a part, by training.OBJECTIVES
    penalty: str = "none"  # a part, by training.PENALTIES
    optimiser_g: str = _ADAM  # a part, by training.OPTIMISERS
    optimiser_d: str = _ADAM
    batch: int = 512  # z per generator update; the discriminator sees half real, half fake
    packing: int = 1  # samples that D is shown side by side, and judges as one; each batch has so many times as many
    unrolled: int = 0  # updates of D that G looks ahead through
    consensus: float = 0.0  # how much both also descend on the squared length of the game's gradient
    ema: float = 0.0  # of G's weights, the share that their running mean keeps at a step; 0: there is none
    noise_steps: int = 0  # by which instance noise has faded to 0, evenly; 0: it stays

    def __post_init__(self) -> None:
        for field_ in fields(self):
            value = getattr(self, field_.name)
            if isinstance(value, bool) or not isinstance(value, _KINDS[str(field_.type)][0]):
                raise ValueError(f"{field_.name} must be {_KINDS[str(field_.type)][1]}; {str(value)[:40]!r} is not.")
        if self.task not in TASK_NAMES:
            raise ValueError(f"There is no task {self.task!r}; there are {', '.join(TASK_NAMES)}.")
        for name in PARTS:
            object.__setattr__(self, name, str(_named(name, read_part, getattr(self, name))))
        for name in NETWORKS:
            object.__setattr__(self, name, str(_named(name, self._network, name)))
        # The upper limits are far beyond what trains here: they keep a stranger's file from asking for all memory.
        if not 2 <= self.batch <= 65_536 or self.batch % 2:
            raise ValueError(f"batch must be an even number from 2 to 65536; {_short(self.batch)} is not.")
        for name, (low, high) in RANGES.items():
            if not low <= getattr(self, name) <= high:
                given = _short(getattr(self, name))
                raise ValueError(f"{name} must lie between {low:g} and {high:g}; {given} does not.")
        for name, network in self.networks.items():
            inputs = self.latent_dim if name == "generator" else 2 * self.packing
            weights = network.parameters(inputs, 2, sums=_sums(network))
            if weights > _MAX_WEIGHTS or self._activations(network) > _MAX_ACTIVATIONS:
                raise ValueError(f"{name} and batch together ask for more memory than a run may take.")

    @property
    def networks(self) -> dict[str, Network]:
        """What both networks are made of, generator first."""
        return {name: self._network(name) for name in NETWORKS}

    @property
    def widest(self) -> int:
        """Units of the widest hidden layer."""
        return max(network.widest for network in self.networks.values())

    @property
    def most_updates(self) -> int:
        """How many updates of one network in a step there is memory for: the fakes of all are made at once."""
        most = max(self._activations(network) for network in self.networks.values())
        return min(MAX_UPDATES, _MAX_ACTIVATIONS // max(most, 1))

    def _activations(self, network: Network) -> int:
        return self.batch * self.packing * sum(network.units) * _sums(network)

    def changed(self, texts: Mapping[str, str]) -> GANConfig:
        """Return a copy with fields replaced, given as text. Raises ValueError with a sentence; see `read_field`."""
        given: dict[str, Any] = {name: read_field(name, text) for name, text in texts.items()}
        return replace(self, **given)

    def _network(self, name: str) -> Network:
        return read_network(getattr(self, name), "tanh" if name == "generator" else "linear")


def _sums(network: Network) -> int:
    """How many sums each unit makes of its inputs."""
    return int(network.activation.numbers.get("pieces", 1))


PARTS = ("target", "latent", "objective", "penalty", "optimiser_g", "optimiser_d")
NETWORKS = ("generator", "discriminator")
_KINDS: dict[str, tuple[Any, str]] = {
    "str": (str, "a text"),
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
}


def sized(width: int, depth: int = 3, *, leak: float = 0.1, **others: Any) -> GANConfig:
    """A configuration whose networks both have `depth` hidden layers of `width` units with LeakyReLU."""
    hidden = f"{','.join([str(width)] * depth) or 'none'}:leaky-relu(slope={number(leak)})"
    return GANConfig(generator=f"{hidden}:tanh", discriminator=f"{hidden}:linear", **others)


def read_field(name: str, text: str) -> str | int | float:
    """Read one field of a configuration as it is written on a command line or in a link, `batch=64` for example.

    Raises ValueError with a sentence for a name that is none, and for what is no number where one must be.
    """
    kinds = {field_.name: str(field_.type) for field_ in fields(GANConfig)}
    if name == "updates":
        raise ValueError("updates stands for two live values, updates_d and updates_g: set those.")
    if name not in kinds:
        there = ", ".join((*kinds, "optimiser", "updates", *BOUNDS, *BOTH))
        raise ValueError(f"There is nothing called {name[:40]!r} to configure; there are {there}.")
    if kinds[name] == "float":
        return _read_float(name, text)
    if kinds[name] != "int":
        return text
    if not text.strip().isdecimal() or len(text) > 20:
        raise ValueError(f"{name} must be a whole number; {text[:40]!r} is not.")
    return int(text)


def parted(texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, float]]:
    """Part what is given as KEY=VALUE into fields of a configuration, still as text, and live values to begin with.

    `optimiser` stands for that of both players, `lr` and `beta1` likewise, `updates` for both of its numbers, D first.
    Raises ValueError with a sentence for a value that is no number.
    """
    fields_: dict[str, str] = {}
    values: dict[str, float] = {}
    for name, text in texts.items():
        if name in BOUNDS:
            values[name] = _read_float(name, text)
        elif name == "updates":
            values |= read_updates(text)
        elif name in BOTH:
            values |= {of_one: _read_float(name, text) for of_one in BOTH[name]}
        elif name == "optimiser":
            fields_ |= {"optimiser_g": text, "optimiser_d": text}
        else:
            fields_[name] = text
    return fields_, values


def _read_float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number; {text[:40]!r} is not.") from None


def read_updates(text: str) -> dict[str, float]:
    """Read how many updates of D and of G a step has, as in 5:1: two live values. Raises ValueError with a sentence."""
    found = [int(each) for each in text.split(":") if each.isdecimal() and len(each) < 4]
    if len(found) != 2 or text.count(":") != 1 or not all(each <= MAX_UPDATES for each in found):
        raise ValueError(
            f"updates must be those of D and of G, each from 0 to {MAX_UPDATES}, as in 5:1; {text[:40]!r} is not."
        )
    return {"updates_d": float(found[0]), "updates_g": float(found[1])}


def _named(name: str, read: Callable[[str], Any], text: str) -> Any:
    """Read a field; what is wrong with it is said with its name."""
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
