"""One step, told, as bytes: an envelope (`gan_core.wire.envelope`) with this header and these arrays.

told     (POST /api/told)  `kind` "told", `run`, `step` (the one that is told, and still to come), `resolution` R,
         perhaps `score` [level, reach], `reaches` [K], `noise`, `stages` ([{"kind", "update", "of", "points",
         "numbers": {name: value}}, ...] in their order), all as `gan_core.records.told` has them. `body` "zlib".
         Arrays: `maps` u1 (K + 1, R, R), `differences` u1 (K, R, R), 127 = none, 0 and 254 = -reach and reach;
         `d_reals`, `d_fakes` i2 (K, P, 2), divide by 32767; `moves` f4 (M, P, 6).
"""

from __future__ import annotations

from dataclasses import asdict

from gan_core.records.told import ToldStep
from gan_core.wire.envelope import AnyArray, pack


def encode_told(told: ToldStep) -> bytes:
    """Encode a step that was told."""
    header = {
        "kind": "told",
        "run": told.run,
        "step": told.step,
        "resolution": told.maps.shape[1],
        "reaches": list(told.reaches),
        "noise": told.noise,
        "stages": [asdict(stage) for stage in told.stages],
        **({} if told.score is None else {"score": list(told.score)}),
    }
    arrays: dict[str, AnyArray] = {
        "maps": told.maps,
        "differences": told.differences,
        "d_reals": told.d_reals,
        "d_fakes": told.d_fakes,
        "moves": told.moves,
    }
    return pack(header, arrays, body="zlib")
