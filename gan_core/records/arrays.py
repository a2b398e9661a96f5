"""Arrays as they travel: their types, and which of them a lens adds to a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Points travel as int16: the square [-1, 1] maps to [-POINT_SCALE, POINT_SCALE], a resolution of 3e-5.
POINT_SCALE = 32767

# What a lens adds to a snapshot: names of arrays of R x R cells or of P arrows, in the order in which they travel.
# best-d   best_d uint8 (R, R): round(254 * D*), the best possible D over sample space; 255 where nobody has any mass
# tears    stretch int16 (R, R): round(1000 * log10 |det J|) of G over latent space; folded uint8 (R, R): 1 if it is < 0
# pull     pull float32 (P, 6): x, y of a fake before its last step, the direction D's gradient asked for (the longest
#          is 1), and the move it made, in data units; asked_share float32 (1,): share of the shown fakes that obeyed
LENS_ARRAYS: dict[str, tuple[str, ...]] = {
    "best-d": ("best_d",),
    "tears": ("stretch", "folded"),
    "pull": ("pull", "asked_share"),
}

Uint8Array = npt.NDArray[np.uint8]

Int16Array = npt.NDArray[np.int16]

Float32Array = npt.NDArray[np.float32]
