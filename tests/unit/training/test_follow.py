"""One experiment that goes on as another: what fits is kept to the bit, and the rest is as in a new run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import torch

from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.presets import Preset
from gan_core.training.batches import BLOCK
from gan_core.training.engine import GANEngine
from gan_core.training.follow import STATE_PARTS, follow
from throw_away import added

ALL = frozenset(STATE_PARTS)
HYPER = HyperParameters()


@pytest.fixture(autouse=True)
def _others() -> Iterator[None]:
    with added():
        yield


def engine(preset: Preset, seed: int = 3, config: Mapping[str, str] | None = None) -> GANEngine:
    return GANEngine(preset.altered(config or {}, {}), seed, device="cpu", precision="float32", threads=1)


def same(one: object, other: object) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


PLAIN = {"penalty": "test-flat", "optimiser_g": "test-heavy-ball", "updates": "2:1"}


@pytest.mark.parametrize("steps", [1, BLOCK, BLOCK + 9])
@pytest.mark.parametrize("config", [{}, PLAIN], ids=["by hand", "by autograd"])
def test_with_the_same_configuration_it_is_a_restored_state(tiny: Preset, config: dict[str, str], steps: int) -> None:
    first = engine(tiny, config=config)
    first.advance(steps)
    first.set(lr_g=3e-4)
    restored, following = engine(tiny, config=config), engine(tiny, config=config)
    restored.restore(first.state())
    assert follow(following, first) == ALL
    assert same(following.state(), restored.state())
    assert following.advance(BLOCK) == restored.advance(BLOCK) == first.advance(BLOCK)
    assert same(following.state(), first.state())


# What changes, and what of the state is as in the run before; all else must be as in a new run.
@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({"objective": "test-least-squares"}, ALL),
        ({"penalty": "test-flat"}, ALL),
        ({"optimiser_d": "adam(beta2=0.9)"}, ALL),
        ({"optimiser_d": "test-heavy-ball"}, ALL - {"optimiser_d"}),
        ({"generator": "16,16:test-bend:linear"}, ALL),
        ({"generator": "8,16:relu"}, ALL - {"generator", "optimiser_g"}),
        ({"discriminator": "16,16,16:relu", "target": "test-spots"}, ALL - {"discriminator", "optimiser_d"}),
        ({"batch": "64"}, ALL),
    ],
    ids=lambda given: str(given) if isinstance(given, dict) else ",".join(sorted(given)),
)
def test_what_fits_is_kept(config: dict[str, str], kept: frozenset[str]) -> None:
    preset = Preset("small", sized(width=16, depth=2, batch=16), replace(HYPER, lr_g=2e-4))
    first = engine(preset)
    first.advance(BLOCK + 5)
    before = first.state()
    new, following = engine(preset, config=config), engine(preset, config=config)
    assert follow(following, first) == kept
    after, fresh = following.state(), new.state()
    assert after["steps"] == BLOCK + 5
    assert after["values"] == before["values"]
    for part, name in zip(STATE_PARTS, ("generator", "discriminator", "adam_g", "adam_d"), strict=False):
        assert same(after[name], before[name] if part in kept else fresh[name]), part
    assert same(first.state(), before)  # that one stands where it stood
    assert all(metrics.is_finite() for metrics in following.advance(5))


def test_streams_go_on_where_batches_are_drawn_otherwise() -> None:
    """No batch comes twice: the next one is drawn from behind the block of which some steps were trained."""
    preset = Preset("small", sized(width=16, depth=2, batch=16), HYPER)
    first = engine(preset)
    first.advance(5)
    following = engine(preset, config={"batch": "32"})
    follow(following, first)
    # The oracle: the same seed's latents, one after the other, behind those of the first block.
    stream = torch.Generator().manual_seed(0)
    stream.set_state(engine(preset)._batches.state()["latent_stream"])
    behind = BLOCK * 24
    drawn = torch.rand((behind + 48, 2), generator=stream)[behind:] * 2 - 1
    _, z = following._batches.next()
    torch.testing.assert_close(torch.as_tensor(z), drawn)


def test_a_penalty_that_comes_draws_from_a_stream_of_its_own(tiny: Preset) -> None:
    first = engine(tiny)
    first.advance(3)
    new, following = engine(tiny, config={"penalty": "test-flat"}), engine(tiny, config={"penalty": "test-flat"})
    follow(following, first)
    following.advance(3)
    new.advance(3)  # the oracle: a new run, whose penalty has drawn as often
    assert torch.equal(following.state()["penalty_stream"], new.state()["penalty_stream"])
    again = engine(tiny, config={"penalty": "test-flat"})
    follow(again, following)
    assert torch.equal(again.state()["penalty_stream"], following.state()["penalty_stream"])


def test_what_networks_hold_beside_their_weights(tiny: Preset) -> None:
    """Buffers of norms go with the weights; a mean of G's weights begins with them."""
    normed = {"discriminator": "16,16:relu:spectral-norm", "generator": "16,16:relu:batch-norm:tanh"}
    first = engine(tiny, config=normed)
    first.advance(5)
    following = engine(tiny, config={**normed, "objective": "test-least-squares", "ema": "0.9"})
    assert follow(following, first) == ALL
    before, after = first.state(), following.state()
    for name in ("generator_buffers", "discriminator_buffers"):
        assert same(after[name], before[name])
    assert same(after["ema"], before["generator"])
    following.advance(5)
    again = engine(tiny, config={**normed, "ema": "0.5"})
    follow(again, following)
    assert same(again.state()["ema"], following.state()["ema"])
    plain = engine(tiny, config={"packing": "2"})
    assert follow(plain, first) == {"streams"}  # other layers on both sides
