"""What a network is made of, as text and as a value: `256,256:relu` or `512,512,512:leaky-relu(slope=0.1):tanh`.

A norm may stand before the output: `400,400:relu:batch-norm:linear`, `128,128:relu:spectral-norm`. So may what makes a
toy of a network without hidden layers: `none:relu:point:linear`, `none:relu:slope`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from gan_core.setup.part import MAX_TEXT, Part, read_part

MAX_LAYERS, MAX_UNITS = 16, 4096  # far beyond what trains here: they keep a stranger's file from asking for all memory
OUTPUTS = ("linear", "tanh")
NORMS = ("none", "batch-norm", "spectral-norm", "point", "slope")
# Those that either may have: of every hidden layer's sums, with which what D says of one point would depend on the
# others; of every layer's weights; and of the one layer of a toy (`gan_core.training.toys`), its bias or weights alone.
NORMS_OF = {
    "generator": ("none", "batch-norm", "spectral-norm", "point"),
    "discriminator": ("none", "spectral-norm", "slope"),
}
TOYS = ("point", "slope")
_NONE = "none"  # in the place of the units: no hidden layer


@dataclass(frozen=True)
class Network:
    """A fully connected network: units of each hidden layer, their activation, and what its outputs go through."""

    units: tuple[int, ...]
    activation: Part
    output: str  # one of OUTPUTS
    norm: str = "none"  # one of NORMS

    def __str__(self) -> str:
        norm = () if self.norm == "none" else (self.norm,)
        return ":".join((",".join(map(str, self.units)) or _NONE, str(self.activation), *norm, self.output))

    @property
    def widest(self) -> int:
        """Units of the widest hidden layer; 1 without one."""
        return max(self.units, default=1)

    def parameters(self, inputs: int, outputs: int, *, sums: int = 1) -> int:
        """How many numbers it learns; a unit of some activations takes several `sums`."""
        sizes = (inputs, *self.units, outputs)
        of_layers = [(fan_in + 1) * fan_out * sums for fan_in, fan_out in pairwise(sizes[:-1])]
        of_norm = 2 * sums * sum(self.units) if self.norm == "batch-norm" else 0
        return sum(of_layers) + (sizes[-2] + 1) * outputs + of_norm


def read_network(text: str, output: str = "linear") -> Network:
    """Read UNITS,UNITS,...:ACTIVATION, perhaps with :NORM, perhaps with :OUTPUT, else `output`.

    Raises ValueError with a sentence.
    """
    units, *others = text.strip().split(":") if len(text) <= MAX_TEXT else [""]
    norm = others.pop(1) if others[1:2] and others[1] in NORMS else "none"
    if not 1 <= len(others) <= 2:
        raise ValueError(
            f"{text[:40]!r} is not UNITS,UNITS:ACTIVATION, as in 256,256:relu (none:relu: no hidden layer)."
        )
    if others[1:] and others[1] not in OUTPUTS:
        there = ", ".join((*NORMS[1:], *OUTPUTS))
        raise ValueError(f"After the activation there may be one of {there}; {others[1][:40]!r} is none.")
    layers = () if units.strip() == _NONE else tuple(map(_read_units, units.split(",")))
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"A network can have at most {MAX_LAYERS} hidden layers; this one has {len(layers)}.")
    return Network(layers, read_part(others[0]), others[1] if others[1:] else output, norm)


def _read_units(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= MAX_UNITS:
        raise ValueError(f"A hidden layer must have from 1 to {MAX_UNITS} units, not {text.strip()[:40]!r}.")
    return int(text)
