"""The failure zoo: what goes wrong with GANs, each in a run that shows it within a minute.

All have the healthy run's networks, and values of their own. tests/unit/test_zoo.py holds each to its signature.
"""

from __future__ import annotations

from dataclasses import replace

from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.scenario import Preset

_SMALL = sized(width=64, batch=128)  # large enough to fail like the article's, some thirty times cheaper a step
_HEALTHY = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)

ZOO = (
    Preset(
        name="zoo-collapse",
        group="zoo",
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=1e-3, lr_d=1e-6),
        seed=5,
        length=600,
    ),
    Preset(
        name="zoo-hopping",
        group="zoo",
        config=_SMALL,
        values=HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9),
        seed=0,
        length=800,
        view="strata",
    ),
    Preset(
        name="zoo-d-wins",
        group="zoo",
        config=replace(_SMALL, objective="minimax"),
        values=HyperParameters(lr_g=2e-3, lr_d=1e-2, beta1_g=0.5, beta1_d=0.99),
        seed=0,
        length=800,
    ),
    Preset(
        name="zoo-corner",
        group="zoo",
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=5e-2),
        seed=0,
        length=600,
    ),
    Preset(
        name="zoo-high-lr",
        group="zoo",
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=1e-2, lr_d=5e-2),
        seed=2,
        length=600,
    ),
    Preset(
        name="zoo-high-beta1",
        group="zoo",
        config=_SMALL,
        values=replace(_HEALTHY, beta1_g=0.99, beta1_d=0.99),
        seed=0,
        length=1000,
    ),
    Preset(
        name="zoo-healthy",
        group="zoo",
        config=_SMALL,
        values=_HEALTHY,
        seed=0,
        length=1000,
        view="samples",
    ),
)
