"""Steps whose batch, values and metrics lie on the device: with CUDA as a graph, on a CPU the same work without one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from digest import digest
from gan_core.setup.config import HyperParameters
from gan_core.setup.presets import Preset
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS
from gan_core.training.batches import BLOCK, Batches
from gan_core.training.cuda_graph import CapturedSteps
from gan_core.training.engine import GANEngine
from gan_core.training.gan_step import GANStep
from gan_core.training.kernels import TorchKernels
from gan_core.training.networks import make_discriminator, make_generator
from gan_core.training.optimisers import DeviceAdam
from gan_core.training.tasks import TASKS

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def streams(seed: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed + i) for i in range(3)]


class OnDevice:
    """What the engine builds on a CUDA device, here on the CPU and without a graph."""

    def __init__(self, preset: Preset) -> None:
        weights, *rest = streams(0)
        config, kernels = preset.config, TorchKernels(CPU, torch.float32)
        self.networks = make_generator(config, weights), make_discriminator(config, weights)
        self.adams = [DeviceAdam(network, 0.999, 1e-7) for network in self.networks]
        self.step = GANStep(config, self.networks, (self.adams[0], self.adams[1]), kernels)
        rows = TASKS["gan"].rows(config)
        self.batches = Batches(TARGETS.make(config.target), LATENTS["uniform"], rows, (rest[0], rest[1]), kernels)
        self.steps = CapturedSteps(self.step, self.batches, CPU)

    def train(self, count: int, values: HyperParameters) -> list[list[float]]:
        self.steps.set(values)
        return self.steps.run(min(count, self.batches.left()))


def test_a_run_of_steps_is_the_steps_one_by_one(tiny: Preset) -> None:
    """Metrics land in the right rows, every batch is used once, and the values are those of their time."""
    together, single = OnDevice(tiny), OnDevice(tiny)
    first, second = tiny.values, replace(tiny.values, lr_g=5e-3, beta1_d=0.0)
    rows = together.train(10, first) + together.train(BLOCK, second)
    assert len(rows) == BLOCK  # no more than the block is good for
    expected = []
    for step in range(BLOCK):
        single.steps.set(first if step < 10 else second)
        numbers = single.step.run(*single.batches.next(), single.steps.values)
        expected.append([float(x) for x in numbers])
    assert rows == expected
    for a, b in zip(together.networks, single.networks, strict=True):
        assert torch.equal(a.parameters_flat, b.parameters_flat)
    assert len(together.train(BLOCK, second)) == BLOCK  # of the next block


def test_the_same_training_as_on_the_ordinary_way(tiny: Preset) -> None:
    """Against the engine's own CPU step on the same weights and batches: only the order of rounding differs."""
    on_device = OnDevice(tiny)
    engine = GANEngine(tiny, 0, device="cpu", precision="float32")
    for mine, theirs in zip((engine.generator, engine.discriminator), on_device.networks, strict=True):
        mine.parameters_flat.copy_(theirs.parameters_flat)
    on_device.batches.left()
    half, place = tiny.config.batch // 2, on_device.batches.place
    for step, (got,) in enumerate(on_device.train(1, tiny.values) for _ in range(20)):
        real, z = on_device.batches.real[place + step], on_device.batches.latents[place + step]
        expected = engine.update(real, z[:half], z[half:])
        assert got[0] == pytest.approx(expected.d_loss, abs=1e-5)
        assert got[2] == pytest.approx(expected.g_loss, abs=1e-5)


@needs_cuda
def test_the_graph_is_the_steps_without_it(tiny: Preset) -> None:
    """The captured step against the same operations one by one, over the end of a block, with a change on the way."""
    graph, plain = (GANEngine(tiny, 3, device="cuda", precision="float32") for _ in range(2))
    plain._captured._replay = plain._captured._one
    for engine in (graph, plain):
        engine.advance(BLOCK - 5)
        engine.set(lr_g=5e-3, beta1_d=0.0)
    assert graph.advance(20) == plain.advance(20)
    assert digest(graph.state()) == digest(plain.state())


@needs_cuda
def test_blocks_and_single_steps_give_the_same_bits(tiny: Preset) -> None:
    together, single = (GANEngine(tiny, 3, device="cuda") for _ in range(2))
    assert together.advance(BLOCK + 7) == [single.step() for _ in range(BLOCK + 7)]
    assert digest(together.state()) == digest(single.state())
