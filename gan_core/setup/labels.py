"""What the settings of a run are called on the page, by the fields of GANConfig and HyperParameters."""

from __future__ import annotations

from gan_core.setup.config import BOUNDS, GANConfig
from gan_core.texts.catalogue import say_or


def labels() -> dict[str, str]:
    """In the order in which they are listed; what the catalogue has nothing on goes by the name of its field."""
    found = {name: say_or(name, f"compare.setting.{name}") for name in vars(GANConfig())}
    return {**found, **{name: bounds.label for name, bounds in BOUNDS.items()}}
