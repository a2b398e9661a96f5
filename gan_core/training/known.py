"""Whether there is what a configuration names: its parts, held against the registries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gan_core.setup.config import NETWORKS, GANConfig, HyperParameters
from gan_core.setup.network import NORMS_OF, TOYS
from gan_core.setup.part import read_part
from gan_core.setup.presets import PRESETS
from gan_core.setup.registry import Parts
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.optimisers import OPTIMISERS
from gan_core.training.penalties import PENALTIES

# By field of a configuration.
REGISTRIES: Mapping[str, Parts[Any]] = {
    "target": TARGETS,
    "latent": LATENTS,
    "objective": OBJECTIVES,
    "penalty": PENALTIES,
    "optimiser_g": OPTIMISERS,
    "optimiser_d": OPTIMISERS,
}
# What there is to choose from: for each field, and for the activations of both networks.
CHOICES: Mapping[str, Parts[Any]] = {**REGISTRIES, "activation": ACTIVATIONS}


def completed(config: GANConfig) -> GANConfig:
    """The same configuration with every number of its parts written out, so that a recorded run says them all.

    Raises ValueError with a sentence for a part that there is not, or a number out of its range.
    """
    texts: dict[str, Any] = {}
    for name, registry in REGISTRIES.items():
        texts[name] = registry.completed(getattr(config, name))
    for name, network in config.networks.items():
        activation = ACTIVATIONS.completed(str(network.activation))
        texts[name] = str(replace(network, activation=read_part(activation)))
    whole = replace(config, **texts)
    _check_fit(whole)
    return whole


def _check_fit(config: GANConfig) -> None:
    """Raise ValueError, with a sentence, for parts that do not go together."""
    rules = [OPTIMISERS.make(rule) for rule in (config.optimiser_g, config.optimiser_d)]
    twice = any(rule.twice for rule in rules)
    if config.task != "gan" and (not LATENTS.make(config.latent).even or config.latent_dim != 2 or config.packing > 1):
        raise ValueError(f"The task {config.task!r} takes uniform latents of two numbers, and no packing.")
    if twice and not all(rule.twice for rule in rules):
        raise ValueError("Extragradient is a step of both players: choose it for both, G and D.")
    if any(rule.at_once for rule in rules) and not all(rule.at_once for rule in rules):
        raise ValueError("Who moves at once with the other needs one who does so, too: choose such a rule for both.")
    if sum((twice, bool(config.consensus), bool(config.unrolled))) > 1:
        raise ValueError("Of extragradient, consensus and unrolling a run can have one alone.")
    if config.unrolled and read_part(config.optimiser_d).name not in ("adam", "torch-adam"):
        raise ValueError("Unrolling goes through steps of Adam: choose adam or torch-adam for D.")
    _check_toys(config)
    if config.networks["discriminator"].norm not in NORMS_OF["discriminator"]:
        raise ValueError("Batch normalisation is for G: in D it makes what is said of one point depend on the others.")


def _check_toys(config: GANConfig) -> None:
    for name, network in config.networks.items():
        if network.norm in TOYS and (network.units or network.norm not in NORMS_OF[name]):
            raise ValueError(
                "A point is for G, a slope for D, each without hidden layers: none:relu:point:linear, none:relu:slope."
            )


def in_turn(config: GANConfig) -> bool:
    """Whether a step has updates of both networks, one after the other, so that there can be any number of each."""
    rules = (OPTIMISERS.make(rule) for rule in (config.optimiser_g, config.optimiser_d))
    return config.task == "gan" and not config.consensus and not any(rule.joint for rule in rules)


def check_values(config: GANConfig, values: HyperParameters) -> None:
    """Raise ValueError, with a sentence, for live values with which there is no step of this configuration."""
    if values.each == (1, 1):
        return
    if config.task != "gan":
        raise ValueError(f"The task {config.task!r} trains one network at most, once in a step: updates must be 1:1.")
    if not in_turn(config):
        raise ValueError(
            "Extragradient, consensus and descent at once are steps of both players at once: updates must be 1:1."
        )
    if values.each == (0, 0):
        raise ValueError("Updates of 0:0 would train nothing: one of updates_d and updates_g must be above 0.")
    most = config.most_updates
    if max(values.each) > most:
        updates = ":".join(map(str, values.each))
        raise ValueError(
            f"With these networks and this batch a step can have at most {most} updates of each: updates of {updates} "
            "ask for more memory than a run may take."
        )


def check_changes(config: GANConfig, values: HyperParameters, changes: Iterable[tuple[str, float]]) -> None:
    """The same for all values that a run comes to have by these changes, name and new value in their order."""
    check_values(config, values)
    for name, value in changes:
        values = values.changed({name: value})
        check_values(config, values)


def complete_presets() -> None:
    """Have all scenarios say every number of their parts, as the runs of them will, so that the two can be compared.

    Raises ValueError with a sentence that names the scenario, where one is made of what there is not.
    """
    for name, preset in PRESETS.items():
        try:
            PRESETS.replace(name, replace(preset, config=completed(preset.config)))
            check_values(preset.config, preset.values)
        except ValueError as error:
            raise ValueError(f"The scenario {name} cannot be trained. {error}") from None


def check_known(config: GANConfig) -> None:
    """Raise ValueError with a sentence unless there is everything that a recorded run names."""
    named = {name: (registry, read_part(getattr(config, name)).name) for name, registry in REGISTRIES.items()}
    for name in NETWORKS:
        named[name] = (ACTIVATIONS, config.networks[name].activation.name)
    for registry, part in named.values():
        if not registry.knows(part):
            raise ValueError(
                f"This run was recorded with the {registry.kind} {part[:40]!r}, which this version of GANscope does "
                "not know. If it was added by a module of your own, name it with --with."
            )
    completed(config)
