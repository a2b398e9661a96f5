"""A run's recipe as one stand-alone file of PyTorch, without GANscope: what it is made of, and its loop, by autograd.

It draws from the same random streams in the same order, with the changes of the sliders at their steps, so that its
losses follow those of a run in float32 on the CPU. Sums are made in another order than in the steps that are written
out, so that the two part slowly: how far, a test says (tests/unit/export/test_script.py) and so does the file. The
constant in a critic's score means nothing, and under RMSProp rounding alone moves it: G's loss then differs by as much.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.export.about import about, as_comment
from gan_core.export.asked import Asked
from gan_core.export.registry import Progress
from gan_core.export.script_parts import (
    ACTIVATIONS,
    LATENTS,
    MADE_OPTIMISERS,
    MODULES,
    OBJECTIVES,
    OPTIMISERS,
    PENALTIES,
    TARGETS,
    filled,
)
from gan_core.export.script_steps import step_lines
from gan_core.recording.file.run_file import RunFile
from gan_core.setup.config import GANConfig
from gan_core.setup.network import Network
from gan_core.setup.part import read_part
from gan_core.setup.recipe import preset_of
from gan_core.texts.catalogue import say
from gan_core.training.known import completed

_PARTS: dict[str, Mapping[str, Any]] = {
    "target": TARGETS,
    "latent": LATENTS,
    "objective": OBJECTIVES,
    "penalty": PENALTIES,
    "optimiser_g": MADE_OPTIMISERS,
    "optimiser_d": MADE_OPTIMISERS,
}
TOLERANCE, FOLLOWED = 1e-3, 20  # of each loss, over so many first steps: the article's networks; smaller ones, longer


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the script of the run's recipe and changes. See `gan_core.export.registry`."""
    out.write_text(script(run), encoding="utf-8")
    progress(1, 1)


def script(run: RunFile) -> str:
    """The text of the file. Raises ValueError with a sentence for a recipe that cannot be written out."""
    config = completed(preset_of(run.recipe).config)
    _check(run, config)
    changes: dict[int, dict[str, float]] = {}
    for change in run.changes():
        changes.setdefault(change.step, {})[change.name] = change.new
    values = dict(run.recipe.values)
    steps = run.last_step()
    told = {name: value for name, value in about(run).items() if name not in ("config", "values", "changes")}
    what = say("export.script.what", scenario=run.recipe.preset, tolerance=f"{TOLERANCE:g}", steps=FOLLOWED)
    if config.objective.startswith("wasserstein") and config.optimiser_d.startswith("rmsprop"):
        what += f" {say('export.script.rmsprop')}"
    parts = [
        f'"""{what}"""\n',
        as_comment(told),
        _imports(config),
        f"STEPS, BATCH = {steps}, {config.batch}  # of G's latents; D is shown half as many real points, and fakes\n"
        f"VALUES = {_table(values)}  # to begin with\n"
        f"CHANGES = {{{_changes(changes)}}}  # by the first step with the new values\n"
        "torch.set_flush_denormal(True)\n"
        f"SEEDS = {_seeds(run.recipe.seed)}\n"
        "weights, data, latents, noise = (torch.Generator().manual_seed(seed) for seed in SEEDS)\n",
        *_definitions(config),
        _networks(config),
        step_lines(config, values, changes),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _check(run: RunFile, config: GANConfig) -> None:
    """Raise ValueError, with a sentence that names it, where something has no lines here."""
    for name, known in _PARTS.items():
        part = read_part(getattr(config, name)).name
        if part not in known:
            raise ValueError(say("export.script.not-covered", what=f"{name} {part}"))
    for name, network in config.networks.items():
        if network.activation.name not in ACTIVATIONS:
            raise ValueError(say("export.script.not-covered", what=f"{name} {network.activation.name}"))
        if network.norm not in ("none", "batch-norm", "spectral-norm"):
            raise ValueError(say("export.script.not-covered", what=f"{name} {network.norm}"))
    for name in ("unrolled", "consensus"):
        if getattr(config, name):
            raise ValueError(say("export.script.not-covered", what=name))
    if config.task == "none":
        raise ValueError(say("export.script.nothing"))
    if config.task == "fit" and read_part(config.target).name != "spiral":
        raise ValueError(say("export.script.not-covered", what=config.target))
    if run.recipe.changed_at or run.weights:
        raise ValueError(say("export.script.not-from-the-start"))


def _imports(config: GANConfig) -> str:
    functions = ["normalize"] if any(made.norm == "spectral-norm" for made in config.networks.values()) else []
    losses = "".join(OBJECTIVES[read_part(config.objective).name]) if config.task != "fit" else ""
    functions += ["softplus"] if "softplus" in losses else []
    named = f"from torch.nn.functional import {', '.join(functions)}\n" if functions else ""
    return f"import math\n\nimport torch\nfrom torch import nn\n{named}"


def _seeds(seed: int) -> str:
    """Those of the four streams: weights, real data, latents, what steps draw (`gan_core.training.draws`)."""
    return str(tuple(int(number >> 1) for number in np.random.SeedSequence(seed).generate_state(4, np.uint64)))


def _definitions(config: GANConfig) -> list[str]:
    target, latent = read_part(config.target), read_part(config.latent)
    found = [filled(TARGETS[target.name], target)]
    found.append(
        "def latent(n):\n"
        f'    """(n, {config.latent_dim})"""\n'
        f"    return {LATENTS[latent.name].replace('{dim}', str(config.latent_dim))}\n"
    )
    text = " ".join(_layers(network, 1, 1, name) for name, network in config.networks.items())
    found += [lines for name, lines in MODULES.items() if name in text]
    rules = {read_part(rule).name for rule in (config.optimiser_g, config.optimiser_d)}
    return found + [OPTIMISERS[rule] for rule in sorted(rules) if OPTIMISERS[rule]]


def _layers(made_of: Network, inputs: int, outputs: int, name: str) -> str:
    kind = "SpectralLinear" if made_of.norm == "spectral-norm" else "nn.Linear"
    activation = filled(ACTIVATIONS[made_of.activation.name], made_of.activation)
    sums = int(made_of.activation.numbers.get("pieces", 1))
    lines = []
    for fan_in, units in pairwise((inputs, *made_of.units)):
        norm = f" nn.BatchNorm1d({units * sums})," if made_of.norm == "batch-norm" else ""
        lines.append(f"    {kind}({fan_in}, {units * sums}),{norm} {activation},\n")
    last = " nn.Tanh()," if made_of.output == "tanh" else ""
    lines.append(f"    {kind}({(inputs, *made_of.units)[-1]}, {outputs}),{last}\n")
    return f"{name} = nn.Sequential(\n{''.join(lines)})\n"


def _networks(config: GANConfig) -> str:
    generator, discriminator = config.networks["generator"], config.networks["discriminator"]
    spectral = "SpectralLinear" in _layers(generator, 1, 1, "") + _layers(discriminator, 1, 1, "")
    lines = _layers(generator, config.latent_dim, 2, "generator")
    lines += _layers(discriminator, 2 * config.packing, 1, "discriminator")
    lines += (
        "with torch.no_grad():  # Glorot and Bengio 2010\n"
        "    for layer in (*generator, *discriminator):\n"
        "        if isinstance(layer, nn.Linear):\n"
        "            limit = math.sqrt(6 / (layer.in_features + layer.out_features))\n"
        "            layer.weight.uniform_(-limit, limit, generator=weights)\n"
        "            layer.bias.zero_()\n"
    )
    if spectral:
        lines += "        if isinstance(layer, SpectralLinear):\n            layer.begin()\n"
    for of, short in (("generator", "g"), ("discriminator", "d")):
        rule = read_part(getattr(config, f"optimiser_{short}"))
        lines += f"optimiser_{short} = {filled(MADE_OPTIMISERS[rule.name], rule, of=of)}\n"
    return lines


def _table(values: Mapping[str, float]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value!r}" for name, value in values.items()) + "}"


def _changes(changes: Mapping[int, Mapping[str, float]]) -> str:
    return ", ".join(f"{step}: {_table(values)}" for step, values in sorted(changes.items()))
