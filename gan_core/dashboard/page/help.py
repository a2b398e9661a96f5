"""The help: what each colour, number, mark, control and key means, in sections that are found at a glance.

What has words of its own elsewhere (panels, readings, sliders, buttons) is taken from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids, story
from gan_core.dashboard.page.buttons import BUTTONS, GHOST_SWITCHES, SWITCHES
from gan_core.dashboard.page.controls import PACE_HELP
from gan_core.dashboard.page.ids import aria
from gan_core.dashboard.page.panels.lenses import CHOICES
from gan_core.dashboard.page.panels.registry import PANELS
from gan_core.dashboard.page.panels.views import VIEWS
from gan_core.records.readings import READINGS
from gan_core.setup.config import BOUNDS, LOOKING_SHARE
from gan_core.texts.catalogue import say

_KEYS = (
    ("Space", "play or pause training"),
    (".", "train one step"),
    ("← →", "one step back or on (Shift: ten)"),
    ("Home, End", "first step, newest step"),
    ("[ ]", "the event before or after: the run's state or one of your values changed"),
    ("L", "follow the newest step"),
    ("R", "reset: the same run again"),
    ("C", "copy a link to this step, with the linked cursor"),
    ("+ - 0", "over the curves: fewer steps, more, all"),
    ("?", "this help"),
    ("Esc", "leave the tour; close what is open"),
    ("Tab, then arrows", "in a panel: move the linked cursor (Shift: faster); Esc hides it"),
)
_COLOURS = (
    ("real", "Blue", "real: data points, and places that D takes for real"),
    ("white", "White", "0.5: D cannot tell. The thin dark line in both maps is the contour at 0.5"),
    ("fake", "Red", "fake: G's points, and places that D takes for fakes"),
    ("d", "Violet", "the discriminator D: its curves and sliders"),
    ("g", "Amber", "the generator G: its curves and sliders"),
)
_MARKS = (
    ("Circle on a cross", "The linked cursor: the same place in every panel."),
    ("Red line, blue dashed line", SWITCHES[ids.TRAIL][2]),
    ("Dotted upright line in the curves", "A change that you made; a dashed one is the step on the screen."),
    ("Triangle at the edge of the curves", "A curve leaves the axis there; the number is that of the farthest."),
    ("Triangle over the timeline", "The run's state changed there. Press it to see that step."),
    ("Small bar over the timeline", "You changed a value there."),
    ("Lines above the timeline", "Runs that branched off each other; each is a button."),
)


def help_dialog() -> dmc.Modal:
    """The dialog, closed."""
    return dmc.Modal(
        id=ids.HELP_DIALOG,
        title="What you see, and the keys",
        size="xl",
        className="help-dialog",
        closeButtonProps=aria(label="Close the help"),
        children=[
            html.P(
                "GANscope trains two small networks before your eyes: a generator G that turns random points z into "
                "fakes, and a discriminator D that learns to tell fakes from real data, which lie on a spiral."
            ),
            _section("The panels", _terms((panel.title, f"{panel.help} {panel.hint}") for panel in PANELS), open=True),
            _section("Curves, and what else the panels can show", _terms(_choices())),
            _section("Colours", _colours()),
            _section("Marks", _terms(_MARKS)),
            _section("Numbers", [html.P(_ABOUT_NUMBERS), _terms((r.label, _of(r)) for r in READINGS.values())]),
            _section("States of a run", _terms(_states())),
            _section("Sliders, switches and fields", _terms(_controls())),
            _section("Buttons", _terms((words.text, f"{words.help}.") for words in BUTTONS.values())),
            _section("Exact or not", html.P(_EXACTNESS)),
            _section("Keys", html.Table(html.Tbody([html.Tr([html.Th(html.Kbd(k)), html.Td(w)]) for k, w in _KEYS]))),
        ],
    )


_MORE = (
    (
        "Scenario",
        "What is trained: the article's figures, the failure zoo, and a quick one. Choosing begins a new run.",
    ),
    ("Timeline", "Drag it to any step of the past; training goes on. At its right end it follows the newest step."),
    ("Go to step", "Type a step and press Enter."),
    ("Replay speed", "Kept frames a second."),
    (
        "Axis of the curves",
        "The article's (or the view's usual one), fitted to what is drawn, or logarithmic. A zero cannot be on a "
        "logarithmic axis: it is drawn at the lower edge, and marked.",
    ),
    (
        "Smoothing of the curves",
        "An average over the steps before, as in TensorBoard: a number n steps back counts the weight to the power n. "
        "The raw curve stays, pale.",
    ),
    (
        "Whole run",
        "Drag over the curves to see a part of the steps; this, or a double click, shows all again. While you point "
        "there, thin numbers are the least and the greatest of the steps under the pointer.",
    ),
)
_ABOUT_NUMBERS = (
    "Loss is in nats; at 0.693 (ln 2) D cannot tell. Accuracy is a share: of its batch, what D judged right; of G's "
    "fakes, what D took for real. The instruments below measure each frame on the same fixed points."
)
_EXACTNESS = (
    "Live maps are coarse, because drawing takes time from training; pause at the newest step and they sharpen to "
    "400 × 400. Colours are interpolated between cell centres; numbers are those of the centre. A map that would flash "
    "while training goes on fades from one frame to the next, and is called fading: then its colours lag behind, but "
    "not its contour, the points and the numbers. A step of the past that has no frame is trained again, exactly, in "
    "the background."
)


def _section(title: str, content: Any, *, open: bool = False) -> html.Details:
    return html.Details([html.Summary(html.H3(title)), html.Div(content)], open=open)


def _terms(rows: Iterable[tuple[str, str]]) -> html.Dl:
    return html.Dl([part for term, words in rows for part in (html.Dt(term), html.Dd(words))])


def _of(reading: Any) -> str:
    return f"{reading.help.rstrip('.')}. ({reading.unit})"


def _colours() -> html.Ul:
    swatch = "var(--gs-{})"
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(
                        className="swatch", style={"background": "#fff" if name == "white" else swatch.format(name)}
                    ),
                    html.Strong(colour),
                    f" {meaning}.",
                ]
            )
            for name, colour, meaning in _COLOURS
        ],
        className="swatches",
    )


def _states() -> list[tuple[str, str]]:
    return [
        (f"{shape} {say(f'state.{state}.short')}", say(f"state.{state}.sentence"))
        for state, shape in story.SHAPES.items()
    ]


def _choices() -> list[tuple[str, str]]:
    views = [(view.label, view.help) for view in VIEWS.values()]
    lenses = [(choice.label, choice.help) for choices in CHOICES.values() for choice in choices]
    return [(label, help) for label, help in (*views, *lenses) if help]


def _controls() -> list[tuple[str, str]]:
    sliders = [(bounds.label, bounds.help) for bounds in (*BOUNDS.values(), LOOKING_SHARE)]
    switches = [(label, help) for label, _, help in (*SWITCHES.values(), *GHOST_SWITCHES.values())]
    return [*sliders, ("Show", PACE_HELP), *switches, *_MORE]
