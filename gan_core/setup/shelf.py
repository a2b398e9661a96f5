"""The shelf: what papers say of GANs in the plane, each claim in a run that can be watched.

What they come to over seeds is measured by the tables that `gan_core.bench.shelf` names; their words are in the
catalogue, under `preset.NAME`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.scenario import SOON_FASTER, Preset

# Eight modes, small networks, and steps as long and as headlong as it takes for G to chase D: Adam's 0.001 with a beta1
# of 0.8, which is PacGAN's.
_RING = GANConfig(
    target="ring",
    latent="normal",
    generator="128,128:relu:linear",
    discriminator="128,128:leaky-relu(slope=0.2)",
    batch=256,
).changed({"optimiser_g": "torch-adam", "optimiser_d": "torch-adam"})
_HASTY = HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.8, beta1_d=0.8)
_CALM = replace(_HASTY, lr_g=2e-4)  # G five times slower than D
RING_STEPS, LATENT_STEPS, WGAN_STEPS = 3_000, 4_000, 3_000

# The grid of 25 by the protocol of "Dive into Deep Learning": the ways of the table `d2l-grid`.
_GRID = GANConfig(
    target="grid",
    latent="normal",
    latent_dim=64,
    generator="256,256:relu:linear",
    discriminator="256,256:leaky-relu(slope=0.2)",
    batch=512,
).changed({"optimiser_g": "torch-adam(beta2=0.99)", "optimiser_d": "torch-adam(beta2=0.99)"})
_OF_GRID = HyperParameters(lr_g=2e-4, lr_d=2e-4, beta1_g=0.0, beta1_d=0.0, penalty_weight=0.04)
GRID_STEPS = 20_000

# The toys of WGAN-GP with networks of a quarter of their width, and steps five times as long.
_CRITIC = replace(_RING, target="grid", objective="wasserstein", penalty="wgan-gp").changed(
    {"optimiser_g": "torch-adam(beta2=0.9)", "optimiser_d": "torch-adam(beta2=0.9)"}
)
_OF_CRITIC = HyperParameters(lr_g=5e-4, lr_d=5e-4, beta1_g=0.5, beta1_d=0.5, penalty_weight=0.0566, updates_d=5)


def _shown(group: str, name: str, steps: int, config: GANConfig, values: HyperParameters, **other: str) -> Preset:
    """One of them: a configuration in which `other` fields, as text, are not as it has them."""
    whole = config.changed(other)
    return Preset(name, whole, values, group=group, length=steps, paces=SOON_FASTER, view="strata")


_lost, _cure = partial(_shown, "shelf-lost"), partial(_shown, "shelf-cures")


def _latent(name: str, **other: str) -> Preset:
    return _shown("shelf-latent", name, LATENT_STEPS, _RING, _CALM, **other)


SHELF = (
    _lost("ring-collapse", RING_STEPS, _RING, _HASTY),
    _lost("grid-collapse", GRID_STEPS, _GRID, _OF_GRID),
    _cure("packing", RING_STEPS, _RING, _HASTY, packing="2"),
    _cure("unrolling", RING_STEPS, _RING, _HASTY, unrolled="5"),
    _cure("two-time-scales", RING_STEPS, _RING, _CALM),
    _cure("instance-noise", RING_STEPS, _RING, replace(_CALM, instance_noise=0.1), noise_steps="2000"),
    _cure("wgan-gp", WGAN_STEPS, _CRITIC, _OF_CRITIC),
    _cure("r1-r2", GRID_STEPS, _GRID, _OF_GRID, penalty="r1+r2"),
    _cure("relativistic", GRID_STEPS, _GRID, _OF_GRID, penalty="r1+r2", objective="relativistic"),
    _cure("lazy-r1-r2", GRID_STEPS, _GRID, _OF_GRID, penalty="lazy-r1+r2"),
    _latent("bridges"),
    _latent("uniform-latent", latent="uniform"),
    _latent("one-latent", latent_dim="1"),
    _latent("sixteen-latents", latent_dim="16"),
)
