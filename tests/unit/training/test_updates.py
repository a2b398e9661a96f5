"""Updates of D and of G change between two steps: which batches come then, what a state says, what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from digest import digest
from gan_core.recording.file.checkpoint import fingerprint, pack_state, unpack_state
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.experiment import Experiment
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

SMALL = sized(width=16, depth=2, batch=16)
CPU = torch.device("cpu")


def engine(config: GANConfig = SMALL, seed: int = 0, **values: float) -> GANEngine:
    experiment = Experiment(config, HyperParameters(**values))
    return GANEngine(experiment, seed, device="cpu", precision="float32", threads=1)


def counted(of: GANEngine) -> tuple[int, int]:
    state = of.state()
    return state["adam_d"]["updates"], state["adam_g"]["updates"]


@pytest.mark.parametrize("more", [{}, {"unrolled": 1}, {"objective": "relativistic"}], ids=str)
def test_the_optimisers_count_the_updates_of_each(more: dict[str, object]) -> None:
    trained = engine(replace(SMALL, **more))
    seen = [(0, 0)]
    for of_d, of_g in ((1, 1), (3, 1), (3, 2), (1, 4)):
        trained.set(updates_d=of_d, updates_g=of_g)
        assert all(metrics.is_finite() for metrics in trained.advance(3))
        seen.append(counted(trained))
    moved = [(d - d0, g - g0) for (d0, g0), (d, g) in pairwise(seen)]
    assert moved == [(3, 3), (9, 3), (9, 6), (3, 12)]


def test_no_batch_comes_twice_where_the_numbers_change() -> None:
    """The oracle: the seed's latents one after the other; a step of 1:1 takes 24 of them, one of 2:1 takes 32."""
    first = engine()
    stream = torch.Generator().manual_seed(0)
    stream.set_state(first._batches.state()["latent_stream"])
    first.advance(5)
    first.set(updates_d=2)
    first.step()
    behind = BLOCK * 24
    drawn = torch.rand((behind + 32, 2), generator=stream)[behind:] * 2 - 1
    torch.testing.assert_close(torch.as_tensor(first._batches.latents[0]), drawn)


@pytest.mark.parametrize("steps", [0, 5, BLOCK], ids=["at first", "in a block", "at its end"])
def test_a_state_goes_on_as_the_engine_would_whatever_is_changed_on_it(steps: int) -> None:
    """Changed before or after it is taken out, put in by its bytes, and changed back: the same steps."""
    values = ({"updates_d": 2.0}, {"updates_d": 0.0}, {"updates_d": 2.0, "updates_g": 3.0}, {"updates_d": 1.0})
    for before in values:
        for after in values:
            straight, changed = engine(), engine()
            straight.advance(steps)
            changed.advance(steps)
            unchanged = fingerprint(pack_state(changed.state()))
            changed.set(**before)
            packed = pack_state(changed.state())
            assert fingerprint(packed) == unchanged  # values are in the log of changes
            restored = engine(seed=9)
            restored.restore(unpack_state(packed, restored.config))
            for each in (changed, restored, straight):
                each.set(**{"updates_g": 1.0, **after})
            expected = straight.advance(BLOCK + 3)
            assert restored.advance(BLOCK + 3) == changed.advance(BLOCK + 3) == expected
            assert digest(restored.state()) == digest(changed.state()) == digest(straight.state())


def test_what_there_is_no_step_for_is_refused_and_nothing_changes() -> None:
    for config in (replace(SMALL, consensus=1.0), SMALL.changed({f"optimiser_{of}": "extragradient" for of in "gd"})):
        trained = engine(config)
        with pytest.raises(ValueError, match="steps of both players at once: updates must be 1:1"):
            trained.set(lr_g=0.01, updates_g=2)
        assert trained.values == HyperParameters()
        with pytest.raises(ValueError, match="updates must be 1:1"):
            engine(config, updates_d=2).step()
    with pytest.raises(ValueError, match="'fit' trains one network at most, once in a step"):
        engine(replace(SMALL, task="fit")).set(updates_g=2)
    large = engine(replace(SMALL, generator="1024:relu", batch=16_384))
    with pytest.raises(ValueError, match="at most 4 updates of each: updates of 5:1 ask for more memory"):
        large.set(updates_d=5)
    large.set(updates_d=4)


def test_steps_as_a_graph_has_them_take_the_numbers_in_force(tiny: Preset) -> None:
    """What is captured on a CUDA device, here step by step: against the engine, by its own batches."""
    plain, config, kernels = engine(tiny.config), tiny.config, TorchKernels(CPU, torch.float32)
    draw = torch.Generator().manual_seed(0)
    networks = make_generator(config, draw), make_discriminator(config, draw)
    adams = tuple(DeviceAdam(network, 0.999, 1e-7) for network in networks)
    for network, name in zip(networks, ("generator", "discriminator"), strict=True):
        network.parameters_flat.copy_(getattr(plain, name).parameters_flat)
    task, target, latent = TASKS["gan"], TARGETS.make(config.target), LATENTS.make(config.latent)
    streams = torch.Generator(), torch.Generator()
    batches = Batches(target, latent, task.rows(config), streams, kernels)
    batches.restore(plain.state()["batches"])
    steps = CapturedSteps(GANStep(config, networks, adams, kernels), batches, CPU)
    for of_d, of_g in ((1, 1), (2, 3), (1, 2)):
        values = replace(tiny.values, updates_d=of_d, updates_g=of_g)
        if values.each != (1, 1):
            batches.resize(task.rows(config, values.each))
            assert not steps.captured((of_d, of_g))
        steps.set(values)
        batches.left()
        plain.set(**vars(values))
        for found, metrics in zip(steps.run(4), plain.advance(4), strict=True):
            assert found[0] == pytest.approx(metrics.d_loss, abs=1e-5)
            assert found[2] == pytest.approx(metrics.g_loss, abs=1e-5)
