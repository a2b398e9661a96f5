"""Every scenario that can be opened can be trained, and the article's are as the article gives them."""

from __future__ import annotations

import math

import pytest
import torch

from gan_core import PRESETS
from gan_core.config import GANConfig
from gan_core.engine import GANEngine
from gan_core.objectives import OBJECTIVES
from gan_core.presets import DEFAULT_PRESET, Preset, find_preset
from gan_core.targets import TARGETS

EACH = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))


@EACH
def test_it_says_what_it_is(preset: Preset) -> None:
    assert preset.title
    assert preset.story.endswith(".")
    assert preset.config.target in TARGETS
    assert preset.config.objective in OBJECTIVES
    assert [p.title for p in PRESETS.values()].count(preset.title) == 1


@EACH
def test_it_trains(preset: Preset) -> None:
    """Two steps: finite losses, accuracies that are shares, and weights of both networks that moved and stay finite."""
    engine = GANEngine(preset, seed=0)
    assert engine.values == preset.values
    before = engine.state()
    for step in (1, 2):
        metrics = engine.step()
        assert metrics.step == step
        assert math.isfinite(metrics.d_loss)
        assert math.isfinite(metrics.g_loss)
        assert 0 <= metrics.d_accuracy <= 1
        assert 0 <= metrics.g_accuracy <= 1
    after = engine.state()
    for network in ("generator", "discriminator"):
        assert torch.isfinite(after[network]).all()
        assert not torch.equal(after[network], before[network])


def test_names_that_others_rely_on() -> None:
    assert {"mode-collapse", "better", "quick"} <= set(PRESETS)
    assert DEFAULT_PRESET == "mode-collapse"


@pytest.mark.parametrize(
    ("name", "config", "values"),
    [
        # Figure 2: learning rate 0.001 and beta1 0.9 for both.
        ("mode-collapse", GANConfig(), {"lr_g": 1e-3, "lr_d": 1e-3, "beta1_g": 0.9, "beta1_d": 0.9}),
        # Figure 7: G 0.0002, D 0.001, beta1 0.5 for both.
        ("better", GANConfig(), {"lr_g": 2e-4, "lr_d": 1e-3, "beta1_g": 0.5, "beta1_d": 0.5}),
        ("quick", GANConfig(width=128, batch=256), {"lr_g": 2e-4, "lr_d": 1e-3, "beta1_g": 0.5, "beta1_d": 0.5}),
    ],
)
def test_the_figures(name: str, config: GANConfig, values: dict[str, float]) -> None:
    assert PRESETS[name].config == config
    assert vars(PRESETS[name].values) == values


def test_a_preset_is_found_by_its_name_alone() -> None:
    for name, preset in PRESETS.items():
        assert find_preset(name) is preset
        assert preset.name == name
    with pytest.raises(ValueError, match=r"'Better'.*better.*\.$"):
        find_preset("Better")
