"""Weights of both networks at any step, as safetensors (https://huggingface.co/docs/safetensors).

Exactly those that trained on from there: of a step without a checkpoint, the steps from the one before are trained
again. Tensors `G.N.weight` (fan_out, fan_in) and `G.N.bias`, N the layer's place in a `torch.nn.Sequential`, and D's
alike, float32; of networks with a norm, what that holds, too; `G_mean.N.weight` and so on, the running mean of G's
weights, where there is one. The metadata have, as JSON under `ganscope`, what `gan_core.export.about` says, the `step`,
and the values `in_force` at it.
"""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from gan_core.export.about import about
from gan_core.export.asked import Asked
from gan_core.export.registry import Progress, step_of
from gan_core.recording.file.run_file import RunFile
from gan_core.rerun.retrace import engine_at
from gan_core.training.engine import GANEngine
from gan_core.training.networks import MLP, with_parameters


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the weights at the step that is asked for. See `gan_core.export.registry`."""
    step = step_of(run, asked)

    def report(done: int, total: int) -> bool:
        progress(done, total)
        return True

    engine = engine_at(run, step, report=report)
    told = {**about(run), "step": step, "in_force": run.values_at(step)}
    save_file(tensors(engine), out, {"format": "pt", "ganscope": json.dumps(told)})


def tensors(engine: GANEngine) -> dict[str, Tensor]:
    """All that the networks hold, by the names that the file has."""
    networks: dict[str, MLP] = {"G": engine.generator, "D": engine.discriminator}
    if engine.ema is not None:
        networks["G_mean"] = with_parameters(engine.generator, engine.ema)
    return {
        f"{name}.{key}": held.detach().cpu().clone()
        for name, network in networks.items()
        for key, held in network.layers.state_dict().items()
    }
