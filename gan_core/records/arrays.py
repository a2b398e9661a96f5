"""Arrays as they travel: their types, and which of them a lens adds to a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan_core.setup.registry import Registry

# Points travel as int16: the square [-1, 1] maps to [-POINT_SCALE, POINT_SCALE], a resolution of 3e-5.
POINT_SCALE = 32767

MAX_ARROWS = 1000  # of a lens's list
GAME_NUMBERS = 8


@dataclass(frozen=True)
class LensArray:
    """An array that a lens adds to a frame."""

    name: str
    dtype: str  # "u1", "i2" or "f4"
    shape: tuple[int | str, ...]  # "R": cells a side of the maps; "P": as many as the lens lists, at most MAX_ARROWS

    @property
    def smooth(self) -> bool:
        """Whether its first two axes are cells of a plane: neighbours are alike, and it travels as differences."""
        return len(self.shape) > 1 and self.shape[0] == self.shape[1]


# What each lens adds, in the order in which it travels.
# best-d   best_d: round(254 * D*), the best possible D over sample space; 255 where nobody has any mass
# tears    stretch: round(1000 * log10 |det J|) of G over the plane of latent space that is shown; folded: 1 where det J
#          is < 0
# pull     pull: x, y of a fake before its last step, the direction D's gradient asked for (the longest is 1), and the
#          move it made, in data units; asked_share: share of the shown fakes that obeyed
# mean     mean: fakes of the first fixed latents by the running mean of G's weights, times POINT_SCALE
# game     game: theta; psi; by what a step multiplies the distance from the middle near it, and the angle by which it
#          turns; how many times as large both learning rates may be for a step to lead there, 0: no step does, 100:
#          that many or more; real and imaginary part of the flow's eigenvalue; how far the field reaches. NaN: unknown
#          game_field: places and how a step moves from each, as a share of the longest move
# spectrum spectrum: eigenvalues of the game's Jacobian, real and imaginary parts, by falling real part
# units    P units of the networks that are trained, the inputs and outputs of each included. unit_maps: what each makes
#          of 24 x 24 places, row 0 lowest, from 0 (its least) to 255 (its greatest); unit_ranges: these two numbers;
#          unit_places: network (0 G, 1 D), number of its layer (0: the inputs), number in the layer from 0, units of
#          the layer in all; unit_inputs: which of the P weigh most in it, -1 for none; unit_weights: how much
LENS_ARRAYS: Registry[tuple[LensArray, ...]] = Registry("lens")
LENS_ARRAYS.add("best-d", (LensArray("best_d", "u1", ("R", "R")),))
LENS_ARRAYS.add("tears", (LensArray("stretch", "i2", ("R", "R")), LensArray("folded", "u1", ("R", "R"))))
LENS_ARRAYS.add("pull", (LensArray("pull", "f4", ("P", 6)), LensArray("asked_share", "f4", (1,))))
LENS_ARRAYS.add("mean", (LensArray("mean", "i2", ("P", 2)),))
LENS_ARRAYS.add("game", (LensArray("game", "f4", (GAME_NUMBERS,)), LensArray("game_field", "f4", ("P", 4))))
LENS_ARRAYS.add("spectrum", (LensArray("spectrum", "f4", ("P", 2)),))
LENS_ARRAYS.add(
    "units",
    (
        LensArray("unit_maps", "u1", (24, 24, "P")),
        LensArray("unit_ranges", "f4", ("P", 2)),
        LensArray("unit_places", "i2", ("P", 4)),
        LensArray("unit_inputs", "i2", ("P", 3)),
        LensArray("unit_weights", "f4", ("P", 3)),
    ),
)


def lens_arrays() -> list[LensArray]:
    """Those of all lenses, in the order in which they travel."""
    return [array for arrays in LENS_ARRAYS.values() for array in arrays]


Uint8Array = npt.NDArray[np.uint8]

Int16Array = npt.NDArray[np.int16]

Float32Array = npt.NDArray[np.float32]
