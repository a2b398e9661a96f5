"""Ranges, defaults and refusals of the live values and the fixed configuration."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from gan_core.setup.config import (
    BOUNDS,
    DEFAULT_LOOKING_SHARE,
    LOOKING_SHARE,
    Bounds,
    GANConfig,
    HyperParameters,
    parted,
)
from gan_core.setup.network import read_network

ALL_BOUNDS = [*BOUNDS.items(), ("share", LOOKING_SHARE)]
EACH = pytest.mark.parametrize(("name", "bounds"), ALL_BOUNDS, ids=[name for name, _ in ALL_BOUNDS])


def test_defaults_are_the_recipe_of_the_article() -> None:
    assert vars(GANConfig()) == {
        "task": "gan",
        "target": "spiral",
        "latent": "uniform",
        "latent_dim": 2,
        "generator": "512,512,512:leaky-relu(slope=0.1):tanh",
        "discriminator": "512,512,512:leaky-relu(slope=0.1):linear",
        "objective": "non-saturating",
        "penalty": "none",
        "optimiser_g": "adam(beta2=0.999, epsilon=1e-07)",
        "optimiser_d": "adam(beta2=0.999, epsilon=1e-07)",
        "batch": 512,
        "packing": 1,
        "unrolled": 0,
        "consensus": 0.0,
        "ema": 0.0,
        "noise_steps": 0,
    }
    of_adam = {"lr_g": 1e-3, "lr_d": 1e-3, "beta1_g": 0.9, "beta1_d": 0.9}
    assert vars(HyperParameters()) == {
        **of_adam,
        "penalty_weight": 1.0,
        "instance_noise": 0.0,
        "updates_d": 1.0,
        "updates_g": 1.0,
    }


def test_every_live_value_has_bounds() -> None:
    assert list(BOUNDS) == [f.name for f in fields(HyperParameters)]
    assert LOOKING_SHARE.check("share", DEFAULT_LOOKING_SHARE) == DEFAULT_LOOKING_SHARE


@EACH
def test_bounds_describe_a_slider(name: str, bounds: Bounds) -> None:
    assert bounds.low < bounds.high
    assert bounds.scale in ("linear", "log")
    assert bounds.scale == "linear" or bounds.low > 0
    along = (bounds.low, bounds.high) if bounds.scale == "linear" else (math.log10(bounds.low), math.log10(bounds.high))
    positions = (along[1] - along[0]) / bounds.step
    assert positions == pytest.approx(round(positions), abs=1e-6)  # both ends are on the slider's grid
    assert bounds.label
    assert bounds.help.endswith(".")


def test_labels_tell_the_sliders_apart() -> None:
    assert len({bounds.label for _, bounds in ALL_BOUNDS}) == len(ALL_BOUNDS)


@EACH
def test_both_ends_are_inside(name: str, bounds: Bounds) -> None:
    for value in (bounds.low, bounds.high):
        assert bounds.check(name, value) == value


@EACH
@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 10**400, -(10**400), "0.5", "", None, True, False, [], {}, 0.5j],
    ids=lambda value: repr(value)[:8],
)
def test_what_is_no_number_in_range_is_refused_by_name(name: str, bounds: Bounds, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must .*\.$"):
        bounds.check(name, value)


@EACH
def test_just_outside_is_refused(name: str, bounds: Bounds) -> None:
    for value in (bounds.low - 1e-9, bounds.high + 1e-9):
        with pytest.raises(ValueError, match=f"{name} must lie between {bounds.low:g} and {bounds.high:g}"):
            bounds.check(name, value)


@EACH
def test_an_integer_is_a_number(name: str, bounds: Bounds) -> None:
    if bounds.low <= 0:
        value = bounds.check(name, 0)
        assert (value, type(value)) == (0.0, float)


def test_changed_replaces_only_what_is_named() -> None:
    before = HyperParameters()
    after = before.changed({"lr_g": 0.01, "beta1_d": 0.0})
    assert vars(after) == {**vars(before), "lr_g": 0.01, "beta1_d": 0.0}
    assert before == HyperParameters()


@pytest.mark.parametrize("values", [{"lr": 0.1}, {"lr_g": 0.01, "beta2": 0.9}])
def test_unknown_names_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"There is no hyper-parameter '(lr|beta2)'"):
        HyperParameters().changed(values)


def test_values_out_of_range_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="lr_d"):
        HyperParameters(lr_d=1.2)
    with pytest.raises(ValueError, match="beta1_g"):
        HyperParameters().changed({"beta1_g": 1.0})
    with pytest.raises(FrozenInstanceError):
        HyperParameters().lr_g = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        *[{"batch": batch} for batch in (0, 1, 3, -2, 10**9, "8", 8.0, True)],
        *[
            {name: text}
            for name in ("generator", "discriminator")
            for text in (
                "",
                "16",
                ":relu",
                "0:relu",
                "1.5:relu",
                "16:relu:softmax",
                "16:relu:tanh:more",
                "16:Re Lu",
                16,
            )
        ],
        {"generator": ",".join(["1"] * 17) + ":relu"},
        {"discriminator": "4096,4096,4096,4096:relu"},
        *[
            {name: text}
            for name in ("target", "latent", "objective", "penalty", "optimiser_g", "optimiser_d")
            for text in (
                "",
                "Two Words",
                "ring(",
                "ring(modes)",
                "ring(modes=many)",
                "ring(m=1, m=2)",
                "ring(m=inf)",
                3,
            )
        ],
        {"task": "dream"},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_a_configuration_that_cannot_be_trained_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        GANConfig(**wrong)


def test_equal_configurations_have_equal_fields() -> None:
    written = {"generator": " 16, 8:relu", "optimiser_g": "adam( epsilon=0.0000001,beta2=.999 )"}
    config = GANConfig(**written)
    assert config.generator == "16,8:relu:tanh"
    assert config.optimiser_g == "adam(epsilon=1e-07, beta2=0.999)"
    assert GANConfig(**vars(config)) == config
    assert GANConfig(discriminator="none:relu").networks["discriminator"].units == ()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("widht", "16", "There is nothing called 'widht' to configure; there are task, target"),
        ("batch", "many", "batch must be a whole number; 'many' is not"),
        ("batch", "7", "batch must be an even number"),
        ("updates", "5:1", "updates stands for two live values, updates_d and updates_g"),
        ("generator", "5", "generator: '5' is not UNITS,UNITS:ACTIVATION"),
    ],
)
def test_what_a_command_line_gets_wrong_is_named(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GANConfig().changed({name: text})


def test_a_command_line_changes_what_it_names() -> None:
    changed = GANConfig().changed({"batch": "64", "generator": "16:relu"})
    assert changed == GANConfig(batch=64, generator="16:relu")


def test_what_is_given_by_name_is_parted_into_fields_and_values() -> None:
    given = {"target": "ring", "optimiser": "sgd", "penalty_weight": "0.04", "lr_g": "2e-4", "ema": "0.9"}
    fields_, values = parted(given)
    assert fields_ == {"target": "ring", "optimiser_g": "sgd", "optimiser_d": "sgd", "ema": "0.9"}
    assert values == {"penalty_weight": 0.04, "lr_g": 2e-4}
    assert GANConfig().changed(fields_).ema == 0.9
    assert parted({"updates": "05:1"}) == ({}, {"updates_d": 5.0, "updates_g": 1.0})
    with pytest.raises(ValueError, match=r"penalty_weight must be a number; 'much' is not\."):
        parted({"penalty_weight": "much"})
    with pytest.raises(ValueError, match=r"ema must be a number; 'much' is not\."):
        GANConfig().changed({"ema": "much"})


@pytest.mark.parametrize("text", ["", "1", "11:1", "1:1:1", "a:b", "-1:1", "1.5:1"])
def test_updates_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="updates must be those of D and of G, each from 0 to 10, as in 5:1"):
        parted({"updates": text})


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (1.5, r"updates_d must be a whole number; 1\.5 is not\."),
        (-1, r"updates_d must lie between 0 and 10; -1 does not\."),
        (11, r"updates_d must lie between 0 and 10; 11 does not\."),
        (math.nan, "updates_d must lie between 0 and 10"),
        ("2", "updates_d must be a number"),
    ],
)
def test_what_counts_is_a_whole_number(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        HyperParameters().changed({"updates_d": value})  # type: ignore[dict-item]
    assert HyperParameters(updates_d=5, updates_g=2.0).each == (5, 2)
    assert HyperParameters(updates_d=0).batches == (1, 1)


def test_there_is_memory_for_so_many_updates_as_before() -> None:
    """The oracle: the numbers of rows, units and updates together that a configuration could ask for, by hand."""
    assert GANConfig().most_updates == 10
    wide = GANConfig(generator="1024:relu", discriminator="16:relu", batch=16_384)
    assert (16_384 * 4 * 1024, wide.most_updates) == (1 << 26, 4)
    assert GANConfig(generator="none:relu", discriminator="none:relu", batch=65_536).most_updates == 10


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"latent_dim": 0}, r"latent_dim must lie between 1 and 64; 0 does not\."),
        ({"noise_steps": -1}, r"noise_steps must lie between 0 and 1e\+09; -1 does not\."),
        ({"ema": math.nan}, "ema must lie between"),
        ({"generator": "8:relu:tanh:linear"}, "is not UNITS,UNITS:ACTIVATION"),
        ({"generator": "8:relu:layer-norm"}, "After the activation there may be one of batch-norm, spectral-norm"),
        ({"discriminator": "4000:maxout(pieces=10)", "batch": 8192}, "more memory than a run may take"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GANConfig(**changed)


@pytest.mark.parametrize("text", ["8,8:relu:batch-norm:linear", "8:tanh:spectral-norm:tanh", "none:relu:linear"])
def test_a_network_is_written_as_it_is_read(text: str) -> None:
    network = read_network(text)
    assert str(network) == text
    assert read_network(str(network)) == network
