"""Configurations of another size, for tests."""

from __future__ import annotations

from dataclasses import replace

from gan_core.setup.config import GANConfig, sized


def resized(config: GANConfig, width: int, depth: int = 2) -> GANConfig:
    """The same configuration with both networks of `depth` hidden layers of `width` units."""
    networks = sized(width, depth)
    return replace(config, generator=networks.generator, discriminator=networks.discriminator)
