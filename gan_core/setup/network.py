"""What a network is made of, as text and as a value: `256,256:relu` or `512,512,512:leaky-relu(slope=0.1):tanh`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from gan_core.setup.part import MAX_TEXT, Part, read_part

MAX_LAYERS, MAX_UNITS = 16, 4096  # far beyond what trains here: they keep a stranger's file from asking for all memory
OUTPUTS = ("linear", "tanh")
_NONE = "none"  # in the place of the units: no hidden layer


@dataclass(frozen=True)
class Network:
    """A fully connected network: units of each hidden layer, their activation, and what its outputs go through."""

    units: tuple[int, ...]
    activation: Part
    output: str  # one of OUTPUTS

    def __str__(self) -> str:
        return ":".join((",".join(map(str, self.units)) or _NONE, str(self.activation), self.output))

    @property
    def widest(self) -> int:
        """Units of the widest hidden layer; 1 without one."""
        return max(self.units, default=1)

    def parameters(self, inputs: int, outputs: int) -> int:
        """How many weights and biases it has."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise((inputs, *self.units, outputs)))


def read_network(text: str, output: str = "linear") -> Network:
    """Read UNITS,UNITS,...:ACTIVATION, perhaps with :OUTPUT, else `output`. Raises ValueError with a sentence."""
    units, *others = text.strip().split(":") if len(text) <= MAX_TEXT else [""]
    if not 1 <= len(others) <= 2:
        raise ValueError(
            f"{text[:40]!r} is not UNITS,UNITS:ACTIVATION, as in 256,256:relu (none:relu: no hidden layer)."
        )
    if others[1:] and others[1] not in OUTPUTS:
        raise ValueError(f"The output must be one of {', '.join(OUTPUTS)}; {others[1][:40]!r} is not.")
    layers = () if units.strip() == _NONE else tuple(map(_read_units, units.split(",")))
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"A network can have at most {MAX_LAYERS} hidden layers; this one has {len(layers)}.")
    return Network(layers, read_part(others[0]), others[1] if others[1:] else output)


def _read_units(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= MAX_UNITS:
        raise ValueError(f"A hidden layer must have from 1 to {MAX_UNITS} units, not {text.strip()[:40]!r}.")
    return int(text)
