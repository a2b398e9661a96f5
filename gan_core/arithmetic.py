"""Which arithmetic trains fastest here: float32 or bfloat16 products, measured on steps of the size that is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch

from gan_core.adam import KerasAdam
from gan_core.compute import Compute, Precision, has_bfloat16
from gan_core.config import GANConfig, HyperParameters
from gan_core.kernels import Kernels, NumpyKernels, TorchKernels
from gan_core.networks import make_discriminator, make_generator
from gan_core.tasks import TASKS

# How many times as fast bfloat16 must be. Where it pays it is nearly twice as fast, where it does not it is slower; the
# distance keeps the choice the same from one start to the next, so that a run gives the same bits again.
_WORTH = 1.25
_NARROW = 256  # layers narrower than this gain so little that the measurement could fall either way
_ROUNDS = 4  # the first one pays for what is allocated once


def make_kernels(compute: Compute) -> Kernels:
    """The array operations for a choice."""
    if compute.library == "numpy":
        return NumpyKernels()
    return TorchKernels(compute.device, torch.bfloat16 if compute.precision == "bfloat16" else torch.float32)


@cache
def faster_precision(config: GANConfig, compute: Compute) -> Precision:
    """Return "bfloat16" where it will do, layers are wide, the processor has it, and a step takes clearly less time."""
    wide = compute.library != "numpy" and config.width >= _NARROW
    if not (TASKS[config.task].coarse and wide and has_bfloat16(compute.device)):
        return "float32"
    steps = {precision: _trial(config, replace(compute, precision=precision)) for precision in ("float32", "bfloat16")}
    times = {precision: [_seconds(step, compute.device) for _ in range(_ROUNDS)] for precision, step in steps.items()}
    return "bfloat16" if min(times["bfloat16"]) * _WORTH < min(times["float32"]) else "float32"


def _trial(config: GANConfig, compute: Compute) -> Callable[[], object]:
    """Make a step on networks that are thrown away."""
    random = torch.Generator(compute.device).manual_seed(0)
    networks = make_generator(config, random), make_discriminator(config, random)
    adam_g, adam_d = (KerasAdam(network, config.beta2, config.epsilon) for network in networks)
    kernels = make_kernels(compute)
    task, values = TASKS[config.task], HyperParameters()
    step = task.make_step(config, networks, (adam_g, adam_d), kernels)
    real, z = (
        kernels.batch(torch.rand((n, 2), generator=random, device=compute.device)) for n in task.rows(config.batch)
    )
    return lambda: step.run(real, z, values)


def _seconds(step: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
