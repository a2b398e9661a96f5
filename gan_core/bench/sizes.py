"""The networks that are measured: the article's, and two on which overhead weighs more than arithmetic."""

from __future__ import annotations

from dataclasses import replace

from gan_core.setup.config import GANConfig, sized
from gan_core.setup.presets import PRESETS, Preset

ARTICLE = PRESETS["mode-collapse"]


def _sized(name: str, config: GANConfig) -> Preset:
    return replace(ARTICLE, name=name, config=config)


SIZES: dict[str, Preset] = {
    "article": _sized("article", GANConfig()),
    "small": _sized("small", sized(width=128, batch=256)),
    "tiny": _sized("tiny", sized(width=16, depth=2, batch=128)),
}


def describe(preset: Preset) -> str:
    """A size in words, such as "article (3 x 512, batch 512)"."""
    config = preset.config
    return f"{preset.name} ({depth_of(config)} x {config.widest}, batch {config.batch})"


def depth_of(config: GANConfig) -> int:
    """Hidden layers of each network; both have as many, all of one width, in what is measured."""
    return len(config.networks["generator"].units)
