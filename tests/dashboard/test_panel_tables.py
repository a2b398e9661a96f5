"""The tables of the panels: complete for every task, and made of names that exist."""

from __future__ import annotations

import json

import pytest

from gan_core.dashboard.page.panels.lenses import CHOICES
from gan_core.dashboard.page.panels.registry import PANELS, tables
from gan_core.dashboard.page.panels.scales import SCALES
from gan_core.dashboard.page.panels.scenes import SCENES
from gan_core.dashboard.page.panels.views import VIEWS
from gan_core.dashboard.page.theme import DARK, LIGHT
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.readings import READINGS
from gan_core.setup.presets import PRESETS
from gan_core.training.tasks import TASKS

NAMES = {panel.id.removesuffix("-panel") for panel in PANELS}
EACH_TASK = pytest.mark.parametrize("task", TASKS)


def test_every_task_has_a_scene_for_every_panel() -> None:
    assert set(SCENES) == set(TASKS)
    for scenes in tables()["scenes"].values():
        assert set(scenes) == NAMES
        for name, scene in scenes.items():
            assert scene["title"]
            assert scene["spoken"].isascii()
            assert scene["help"].endswith(".")
            assert scene["hint"]
            assert (name in ("latent", "discriminator")) == (scene["scale"] in SCALES)
            assert bool(scene["reading"]) == bool(scene["short"]) == bool(scene["scale"])


@EACH_TASK
def test_every_view_draws_something_or_says_why_not(task: str) -> None:
    for view in VIEWS.values():
        assert (task in view.plots) != bool(view.why_not.get(task))
        if task not in view.plots:
            continue
        plot = view.plots[task]
        assert plot.low < plot.high
        assert plot.metrics or plot.lines or plot.canvas or plot.words
        for line in plot.lines:
            assert line.reading in READINGS
            assert line.colour in LIGHT.keys() & DARK.keys()
        for gap in plot.gaps:
            assert {gap.lower, gap.upper or gap.lower} <= set(READINGS)
    assert task in next(iter(VIEWS.values())).plots, "the first view is for when the chosen one is not possible"


@EACH_TASK
def test_every_panel_has_a_usual_choice_and_says_why_others_are_none(task: str) -> None:
    assert set(CHOICES) == NAMES - {"metrics"}
    for choices in CHOICES.values():
        assert not choices[0].lens
        assert task not in choices[0].why_not
        for choice in choices:
            assert choice.why_not.get(task, "a reason")
            assert set(choice.why_not) <= set(TASKS)
            assert choice.lens in {"", *LENS_ARRAYS}
            assert choice.scale in {"", *SCALES}
    assert {choice.lens for choices in CHOICES.values() for choice in choices} - {""} == set(LENS_ARRAYS)


@pytest.mark.parametrize("name", SCALES)
def test_scales_run_from_end_to_end(name: str) -> None:
    scale = SCALES[name]
    for stops in (scale.stops, scale.ticks):
        places = [at for at, _ in stops]
        assert places[0] == 0
        assert places[-1] == 1
        assert places == sorted(places)
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for _, colour in scale.stops)
    assert (scale.top == 254) == bool(scale.nothing) or name == "stretch"
    assert scale.low > 0 or not scale.log


def test_presets_begin_with_views_and_lenses_that_exist() -> None:
    for preset in PRESETS.values():
        assert preset.config.task in VIEWS[preset.view].plots
        assert set(preset.lenses) <= set(LENS_ARRAYS)


def test_the_tables_are_json() -> None:
    assert json.loads(json.dumps(tables()))["scenes"].keys() == TASKS.keys()
