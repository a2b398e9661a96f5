"""Buttons and switches: how each is made. What they do is in assets/; what they are called, in the catalogue, under
`button.ID` and `switch.ID`.
"""

from __future__ import annotations

from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.texts.catalogue import say, say_or


@dataclass(frozen=True)
class Look:
    """How a button of the page looks, and its key: a sign, or a key of the catalogue."""

    icon: str
    key: str = ""


BUTTONS = {
    ids.PLAY_PAUSE: Look("icon-pause", "key.space"),
    ids.STEP_ONCE: Look("icon-step", "."),
    ids.TELL_STEP: Look("icon-tell", "T"),
    ids.RESET: Look("icon-reset", "R"),
    ids.NEW_SEED: Look("icon-seed"),
    ids.BRANCH_HERE: Look("icon-branch"),
    ids.BEFORE_CHANGE: Look("icon-before"),
    ids.AGAIN_WITH_SEEDS: Look("icon-seeds"),
    ids.SWEEP: Look("icon-sweep"),
    ids.REPLAY: Look("icon-replay"),
    ids.FOLLOW_LIVE: Look("icon-live", "L"),
    ids.TOUR_START: Look("icon-tour"),
    ids.RUNS: Look("icon-runs"),
    ids.COPY_LINK: Look("icon-link", "C"),
    ids.EXPORT: Look("icon-export"),
    ids.NOTE: Look("icon-note"),
}
# How a switch stands at first.
SWITCHES = {ids.TRAIL: False, ids.LOG_STEPS: False, ids.KEYS: True}
GHOST_SWITCHES = {ids.GHOST_CURVES: True, ids.GHOST_FAKES: False}


def button(id: str, *, primary: bool = False) -> html.Button:
    """One of BUTTONS."""
    return _made(id, BUTTONS[id], say(f"button.{id}.text"), say(f"button.{id}.help"), primary=primary)


def icon_button(id: str, help: str, icon: str) -> html.Button:
    """A button that shows an icon alone."""
    return _made(id, Look(icon), "", help)


def info(label: str, help: str) -> html.Button:
    """A small button that shows what something is, beside it: see assets/controls/help.js."""
    return html.Button(
        "?",
        type="button",
        className="info",
        **aria(label=say("about.of", what=label), expanded="false"),
        **{"data-help": help},  # type: ignore[arg-type]  # Dash takes any data attribute
    )


def switch(id: str, on: bool) -> html.Div:
    """A switch, and what it does on demand. Where there is no room for its whole name, it has a short one, too."""
    label = say(f"switch.{id}.label")
    short = say_or(label, f"switch.{id}.short")
    name = {"attributes": {"input": {"aria-label": label}}} if short != label else {}
    return html.Div(
        [dmc.Switch(id=id, label=short, size="xs", checked=on, **name), info(label, say(f"switch.{id}.help"))],
        className="switch-row",
    )


def _made(id: str, look: Look, text: str, help: str, *, primary: bool = False) -> html.Button:
    """A button whose accessible name starts with the text it shows, and whose tooltip names its key."""
    title = say("button.with-key", help=help, key=say_or(look.key, look.key)) if look.key else help
    return html.Button(
        [html.Span(className=f"icon {look.icon}"), *([html.Span(text, className="button-text")] if text else [])],
        id=id,
        n_clicks=0,
        title=title,
        className="button primary" if primary else "button",
        **aria(label=say("button.named", text=text, help=help) if text else help),
    )
