"""The tables of the panels: complete for every task, and made of names that exist."""

from __future__ import annotations

import json

import pytest

from gan_core.dashboard.page.panels.lenses import CHOICES, why_not
from gan_core.dashboard.page.panels.registry import PANELS, tables
from gan_core.looking.lenses import LENSES, available
from gan_core.looking.offers import offers
from gan_core.panels.scales import SCALES
from gan_core.panels.scenes import SCENES
from gan_core.panels.theme import DARK, LIGHT
from gan_core.panels.views import VIEWS
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.offers import OFFERS, lacking
from gan_core.records.readings import READINGS
from gan_core.run.facts import NEEDS
from gan_core.setup.config import BOUNDS, GANConfig
from gan_core.setup.presets import PRESETS
from gan_core.training.tasks import TASKS

NAMES = set(PANELS)
EACH_TASK = pytest.mark.parametrize("task", TASKS)


def of_task(task: str) -> frozenset[str]:
    objective = "squared-error" if task in ("noise", "blob") else "non-saturating"
    return offers(GANConfig(task=task, objective=objective))


def test_every_lack_has_one_reason() -> None:
    assert list(why_not()) == list(OFFERS)
    assert len(set(why_not().values())) == len(OFFERS)
    needed = {need for choices in CHOICES.values() for choice in choices.values() for need in choice.needs}
    needed |= {need for view in VIEWS.values() for need in view.needs}
    needed |= {need for bounds in BOUNDS.values() for need in bounds.needs}
    needed |= {need for needs in NEEDS.values() for need in needs}
    needed.add("told")  # by a button: assets/told/
    needed |= {need for lens in LENSES.values() for need in lens.needs}
    assert needed == set(OFFERS)
    assert lacking(("strata", "generator"), frozenset()) == "generator"  # the first in their order


# What there is to be seen of each task of the article, by a table that says so task by task.
SEEN = {
    "gan": {"mesh", "pull", "tears", "best", "difference", "samples", "quality", "strata", "blame", "chase"},
    "fit": {"mesh", "tears", "samples", "quality", "strata"},
    "noise": {"difference"},
    "blob": {"difference"},
    "none": {"mesh"},
}


@EACH_TASK
def test_each_task_offers_what_it_showed(task: str) -> None:
    things = [
        *(choice for choices in CHOICES.values() for choice in list(choices.values())[1:]),
        *list(VIEWS.values())[1:],
    ]
    assert {thing.name for thing in things if not lacking(thing.needs, of_task(task))} == SEEN[task]


def test_what_the_server_computes_is_what_the_page_may_choose() -> None:
    """Of every task: a lens that a choice needs is there where the choice is possible."""
    for task in TASKS:
        for choices in CHOICES.values():
            for choice in choices.values():
                if choice.lens and not lacking(choice.needs, of_task(task)):
                    assert choice.lens in available(of_task(task))


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
        assert set(view.needs) <= set(OFFERS)
        if lacking(view.needs, of_task(task)):
            continue
        plot = view.plots.get(task, view.plots["gan"])
        assert plot.low < plot.high
        assert plot.metrics or plot.lines or plot.canvas or plot.words
        for line in plot.lines:
            assert line.reading in READINGS
            assert line.colour in LIGHT.keys() & DARK.keys()
        for gap in plot.gaps:
            assert {gap.lower, gap.upper or gap.lower} <= set(READINGS)
    first = next(iter(VIEWS.values()))
    assert task in first.plots
    assert not first.needs, "the first view is for when the chosen one is not possible"


@EACH_TASK
def test_every_panel_has_a_usual_choice_and_says_why_others_are_none(task: str) -> None:
    assert set(CHOICES) == NAMES - {"metrics"}
    for choices in CHOICES.values():
        usual = next(iter(choices.values()))
        assert not usual.lens
        assert not usual.needs
        for choice in choices.values():
            assert set(choice.needs) <= set(OFFERS)
            assert choice.lens in {"", *LENS_ARRAYS}
            assert choice.scale in {"", *SCALES}
    chosen = {choice.lens for choices in CHOICES.values() for choice in choices.values()} - {""}
    # And those of the picture of the networks, of the phase plane and of the spectrum.
    assert chosen | {"units", "game", "spectrum"} == set(LENS_ARRAYS)


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
        assert not lacking(VIEWS[preset.view].needs, offers(preset.config))
        assert set(preset.lenses) <= set(LENS_ARRAYS)


def test_the_tables_are_json() -> None:
    assert json.loads(json.dumps(tables()))["scenes"].keys() == TASKS.keys()
