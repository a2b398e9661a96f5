"""What a run has to offer, by what it is made of."""

from __future__ import annotations

from gan_core.setup.config import GANConfig
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS, OPPONENTS, Target
from gan_core.theory.game import is_game
from gan_core.theory.spectrum import is_tiny
from gan_core.training.apart import can_be_told
from gan_core.training.known import in_turn
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.penalties import PENALTIES
from gan_core.training.tasks import TASKS


def offers(config: GANConfig) -> frozenset[str]:
    """The names of `gan_core.records.offers.OFFERS` that hold of a run. Raises ValueError for parts there are not."""
    return offers_of(config, TARGETS.make(config.target))


def offers_of(config: GANConfig, target: Target | None) -> frozenset[str]:
    """The same of a run with this target; None: its data are not here, and nothing is known of them."""
    trains = TASKS[config.task].trains
    alone = config.task in OPPONENTS  # D against points that never change
    holds = {
        "trains": bool(trains),
        "generator": "generator" in trains,
        "discriminator": "discriminator" in trains,
        "image": not alone,
        "probability": OBJECTIVES.make(config.objective).probability,
        "density": alone or (LATENTS.make(config.latent).even and config.latent_dim == 2),
        "mean": config.ema > 0,
        "turns": in_turn(config),
        "told": can_be_told(config),
        "penalty": PENALTIES.make(config.penalty).of is not None,
        "chart": target is not None and target.transform is not None,
        "held_out": target is not None and target.held_out is not None,
        "strata": target is not None and target.strata is not None,
        "modes": target is not None and target.modes is not None,
        "game": is_game(config),
        "tiny": is_tiny(config),
    }
    return frozenset(name for name, held in holds.items() if held)
