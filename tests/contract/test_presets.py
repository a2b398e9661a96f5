"""Every scenario that can be opened can be trained, and the article's are as the article gives them."""

from __future__ import annotations

import math
import re

import pytest
import torch

from gan_core import PRESETS
from gan_core.dashboard.page.story import NUMBERS, SHAPES, label, parts, plain, tour
from gan_core.panels.views import VIEWS
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.readings import READINGS
from gan_core.records.story import STATES
from gan_core.setup.config import GANConfig, sized
from gan_core.setup.presets import DEFAULT_PRESET, GROUPS, Preset, find_preset
from gan_core.targets.registry import TARGETS
from gan_core.training.engine import GANEngine
from gan_core.training.objectives import OBJECTIVES
from gan_core.training.tasks import TASKS

ARTICLE = (  # in the order of its figures
    "target",
    "mode-collapse",
    "generator-capacity",
    "discriminator-capacity",
    "longer",
    "what-d-learns",
    "better",
    "tears",
)
EACH = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))


@EACH
def test_it_says_what_it_is(preset: Preset) -> None:
    assert preset.title
    assert 2 <= _sentences(plain(preset.story)) <= 5
    assert _sentences(preset.claim) == 1
    assert any(target for _, target in parts(preset.story))
    assert plain(preset.story).isprintable()
    assert not set("[]#") & set(plain(preset.story))  # every link is understood
    assert preset.group in GROUPS
    assert preset.view in VIEWS
    assert set(preset.lenses) <= set(LENS_ARRAYS)
    assert TARGETS.knows(preset.config.target)
    assert OBJECTIVES.completed(preset.config.objective)
    assert [p.title for p in PRESETS.values()].count(preset.title) == 1


@EACH
def test_it_trains(preset: Preset) -> None:
    """Two steps: of each network that its task trains a finite loss, an accuracy that is a share, and moved weights.

    Of the other one neither numbers nor any change.
    """
    engine = GANEngine(preset, seed=0)
    assert engine.values == preset.values
    before = engine.state()
    done = engine.advance(2)
    assert [metrics.step for metrics in done] == [1, 2]
    after = engine.state()
    for network in ("generator", "discriminator"):
        trained = network in TASKS[preset.config.task].trains
        for metrics in done:
            loss, accuracy = (getattr(metrics, f"{network[0]}_{what}") for what in ("loss", "accuracy"))
            assert (
                (math.isfinite(loss) and 0 <= accuracy <= 1) if trained else math.isnan(loss) and math.isnan(accuracy)
            )
        assert torch.isfinite(after[network]).all()
        assert torch.equal(after[network], before[network]) is not trained


def test_names_that_others_rely_on() -> None:
    assert {"mode-collapse", "better", "quick"} <= set(PRESETS)
    article = [preset for preset in PRESETS.values() if preset.group == "article"]
    assert [preset.figure for preset in article] == [1, 2, 3, 4, 5, 6, 7, 8]  # the order of the tour
    assert DEFAULT_PRESET == "mode-collapse"


_NEITHER = {"penalty_weight": 1.0, "instance_noise": 0.0, "updates_d": 1.0, "updates_g": 1.0}  # has a say in them
_FIGURE_2 = {"lr_g": 1e-3, "lr_d": 1e-3, "beta1_g": 0.9, "beta1_d": 0.9, **_NEITHER}
_FIGURE_7 = {"lr_g": 2e-4, "lr_d": 1e-3, "beta1_g": 0.5, "beta1_d": 0.5, **_NEITHER}


@pytest.mark.parametrize(
    ("name", "config", "values"),
    [
        ("target", GANConfig(task="none"), _FIGURE_2),
        # Learning rate 0.001 and beta1 0.9 wherever something learns until the better solution.
        ("mode-collapse", GANConfig(), _FIGURE_2),
        ("generator-capacity", GANConfig(task="fit"), _FIGURE_2),
        ("discriminator-capacity", GANConfig(task="noise", objective="squared-error"), _FIGURE_2),
        ("longer", GANConfig(), _FIGURE_2),
        ("what-d-learns", GANConfig(task="blob", objective="squared-error"), _FIGURE_2),
        # Figure 7: G 0.0002, D 0.001, beta1 0.5 for both.
        ("better", GANConfig(), _FIGURE_7),
        ("tears", GANConfig(), _FIGURE_7),
        ("quick", sized(width=128, batch=256), _FIGURE_7),
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


def test_the_tour_is_the_article_in_order() -> None:
    assert tuple(tour()) == ARTICLE
    assert [PRESETS[name].figure for name in ARTICLE] == list(range(1, 9))
    assert [label(PRESETS[name])[:10] for name in ARTICLE] == [f"Figure {n} ·" for n in range(1, 9)]
    assert [preset.name for preset in PRESETS.values() if preset.figure is not None] == list(ARTICLE)


def test_how_long_they_are() -> None:
    lengths = {name: PRESETS[name].length for name in ARTICLE}
    assert lengths == dict.fromkeys(ARTICLE, 600) | {
        "target": 120,
        "longer": 6_000,
        "better": 60_000,
        "tears": 60_000,
    }


@EACH
def test_an_entry_of_the_zoo_says_why_and_what_to_try(preset: Preset) -> None:
    if preset.group == "zoo":
        assert 1 <= _sentences(plain(preset.why)) <= 4
        assert 1 <= _sentences(plain(preset.attempt)) <= 3
        assert any(target for _, target in parts(preset.attempt))
        assert preset.seed is not None


def test_a_story_is_split_at_its_links() -> None:
    text = "First [drag this](#lr-g), then [look](#a-b-1). [1] stays, and (#this) too."
    assert parts(text) == [
        ("First ", None),
        ("drag this", "lr-g"),
        (", then ", None),
        ("look", "a-b-1"),
        (". [1] stays, and (#this) too.", None),
    ]
    assert plain(text) == "First drag this, then look. [1] stays, and (#this) too."
    assert parts("[all](#x)") == [("all", "x")]
    assert parts("[R1](preset:r1-r2), not [this](preset) or [that](x:y)") == [
        ("R1", "preset:r1-r2"),
        (", not [this](preset) or [that](x:y)", None),
    ]
    assert parts("") == []


def test_what_is_told_by_task_and_by_state_is_complete() -> None:
    assert set(NUMBERS) == set(TASKS)
    assert list(SHAPES) == list(STATES)
    assert {name for names in NUMBERS.values() for name in names} <= {*READINGS, "loss", "squared_error"}


def _sentences(text: str) -> int:
    """How many there are: each ends with a full stop, at the end or before a space and a capital."""
    assert text.endswith(".")
    return len(re.findall(r"[.?!](?= [A-Z]|$)", text))
