"""The help: what each colour, number, mark, control and key means, in sections that are found at a glance.

What has words of its own elsewhere (panels, readings, sliders, buttons) is taken from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids, story
from gan_core.dashboard.page.buttons import BUTTONS, GHOST_SWITCHES, SWITCHES
from gan_core.dashboard.page.ids import aria
from gan_core.dashboard.page.panels.lenses import CHOICES, choices
from gan_core.dashboard.page.panels.registry import PANELS
from gan_core.panels.views import VIEWS, view
from gan_core.records.readings import READINGS
from gan_core.setup.config import BOUNDS, LOOKING_SHARE
from gan_core.texts.catalogue import say, say_or

_KEYS = (
    *("space", "step", "tell", "arrows", "ends", "events", "live", "reset", "link", "zoom"),
    *("help", "escape", "cursor"),
)
_COLOURS = ("real", "white", "fake", "d", "g")
_MARKS = ("cursor", "trail", "changes", "off-scale", "state", "change", "note", "family")
_MORE = ("scenario", "experiment", "timeline", "go-to-step", "speed", "axis", "smoothing", "whole")


def help_dialog() -> dmc.Modal:
    """The dialog, closed."""
    return dmc.Modal(
        id=ids.HELP_DIALOG,
        title=say("help.title"),
        size="xl",
        className="help-dialog",
        closeButtonProps=aria(label=say("help.close")),
        children=[
            html.P(say("help.about")),
            _section(
                say("help.panels"),
                _terms((panel.title, f"{panel.help} {panel.hint}") for panel in PANELS.values()),
                open=True,
            ),
            _section(say("help.choices"), _terms(_choices())),
            _section(say("help.colours"), _colours()),
            _section(say("help.marks"), _terms(_marks())),
            _section(
                say("help.numbers"),
                [html.P(say("help.about-numbers")), _terms(_numbers())],
            ),
            _section(say("help.states"), _terms(_states())),
            _section(say("help.controls"), _terms(_controls())),
            _section(
                say("help.buttons"),
                html.Dl([part for id in BUTTONS for part in _button(id)]),
            ),
            _section(say("help.exact"), html.P(say("help.exactness"))),
            _section(say("help.keys"), html.Table(html.Tbody([_key(name) for name in _KEYS]))),
        ],
    )


def _numbers() -> Iterator[tuple[str, str]]:
    yield from ((reading.label, _of(reading)) for reading in READINGS.values())
    yield say("help.number.modes.name"), say("help.number.modes.means")


def _section(title: str, content: Any, *, open: bool = False) -> html.Details:
    return html.Details([html.Summary(html.H3(title)), html.Div(content)], open=open)


def _terms(rows: Iterable[tuple[str, str]]) -> html.Dl:
    return html.Dl([part for term, words in rows for part in (html.Dt(term), html.Dd(words))])


def _button(id: str) -> tuple[html.Dt, html.Dd]:
    of = {"data-of": id}  # a page without that button leaves both out
    return (
        html.Dt(say(f"button.{id}.text"), **of),  # type: ignore[arg-type]  # Dash takes any data
        html.Dd(f"{say(f'button.{id}.help')}.", **of),  # type: ignore[arg-type]
    )


def _of(reading: Any) -> str:
    return f"{reading.help.rstrip('.')}. ({reading.unit})"


def _key(name: str) -> html.Tr:
    key = html.Kbd(say(f"help.key.{name}.key"), **{"data-key": name})  # type: ignore[arg-type]  # Dash takes any data
    return html.Tr([html.Th(key), html.Td(say(f"help.key.{name}.does"))])


def _colours() -> html.Ul:
    swatch = "var(--gs-{})"
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(
                        className="swatch", style={"background": "#fff" if name == "white" else swatch.format(name)}
                    ),
                    html.Strong(say(f"help.colour.{name}.name")),
                    f" {say(f'help.colour.{name}.means')}.",
                ]
            )
            for name in _COLOURS
        ],
        className="swatches",
    )


def _marks() -> list[tuple[str, str]]:
    return [
        (say(f"help.mark.{name}.name"), say_or(say(f"switch.{ids.TRAIL}.help"), f"help.mark.{name}.means"))
        for name in _MARKS
    ]


def _states() -> list[tuple[str, str]]:
    return [
        (f"{shape} {say(f'state.{state}.short')}", say(f"state.{state}.sentence"))
        for state, shape in story.SHAPES.items()
    ]


def _choices() -> list[tuple[str, str]]:
    shown = [*map(view, VIEWS), *(choice for panel in CHOICES for choice in choices(panel))]
    return [(told["label"], told["help"]) for told in shown if told["help"]]


def _controls() -> list[tuple[str, str]]:
    sliders = [(bounds.label, bounds.help) for bounds in (*BOUNDS.values(), LOOKING_SHARE)]
    pace = (say("controls.show"), say("controls.show-help"))
    switches = [(say(f"switch.{id}.label"), say(f"switch.{id}.help")) for id in (*SWITCHES, *GHOST_SWITCHES)]
    more = [(say(f"help.control.{name}.name"), say(f"help.control.{name}.does")) for name in _MORE]
    pausing = (say("controls.pause-when"), say("controls.pause-when-help"))
    return [*sliders, pace, pausing, *switches, *more]
