"""What the settings of a run are called on the page, by the fields of GANConfig and HyperParameters."""

from __future__ import annotations

from gan_core.setup.config import BOUNDS

# In the order in which they are listed; what is not named here goes by the name of its field.
LABELS: dict[str, str] = {
    "task": "What is trained",
    "target": "Target",
    "latent": "Latent",
    "generator": "Generator",
    "discriminator": "Discriminator",
    "objective": "Loss",
    "penalty": "Penalty",
    "optimiser_g": "Generator's optimiser",
    "optimiser_d": "Discriminator's optimiser",
    "updates": "Updates of D : G in a step",
    "batch": "Batch",
    **{name: bounds.label for name, bounds in BOUNDS.items()},
}
