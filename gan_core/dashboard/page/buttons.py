"""Buttons and switches: what each is called and does, and how it is made. What they do is in assets/."""

from __future__ import annotations

from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria


@dataclass(frozen=True)
class Words:
    """A button of the page: the words it shows, its accessible name and tooltip, and its key."""

    text: str
    help: str
    icon: str
    key: str = ""


BUTTONS = {
    ids.PLAY_PAUSE: Words("Pause", "Pause training", "icon-pause", "Space"),
    ids.STEP_ONCE: Words("Step", "Train one step", "icon-step", "."),
    ids.RESET: Words("Reset", "Start the same run again", "icon-reset", "R"),
    ids.NEW_SEED: Words("New seed", "Start again from another seed", "icon-seed"),
    ids.BRANCH_HERE: Words("Branch here", "Go on from this step as a new run", "icon-branch"),
    ids.BEFORE_CHANGE: Words(
        "Before the last change", "A branch from the step before it, with the settings as they were", "icon-before"
    ),
    ids.REPLAY: Words("Replay", "Play the kept frames from here", "icon-replay"),
    ids.FOLLOW_LIVE: Words("Live", "Follow the newest step", "icon-live", "L"),
    ids.TOUR_START: Words("Tour", "The article's eight figures, one after the other", "icon-tour"),
    ids.RUNS: Words("Runs", "Every run that was recorded", "icon-runs"),
    ids.COPY_LINK: Words("Copy link", "A link that shows this step", "icon-link", "C"),
}
# What a switch is called, how it stands at first, and what it does.
SWITCHES = {
    ids.TRAIL: (
        "Trail of the last 100 steps",
        False,
        "Red with a circle: the path of the fakes' centre. Blue, dashed, with a diamond: that of D's bluest spot.",
    ),
    ids.LOG_STEPS: ("Logarithmic steps", False, "The axis of steps gives each power of ten the same room."),
    ids.KEYS: ("Keyboard shortcuts", True, "Single keys for most buttons; they are listed in the help (?)."),
}
GHOST_SWITCHES = {
    ids.GHOST_CURVES: ("Ghost of the parent", True, "The curves of the run that this one branched off, faintly."),
    ids.GHOST_FAKES: ("Ghost fakes", False, "The parent's fakes at the same step, faintly."),
}


def button(id: str, *, primary: bool = False) -> html.Button:
    """One of BUTTONS."""
    return _made(id, BUTTONS[id], primary=primary)


def icon_button(id: str, name: str, icon: str) -> html.Button:
    """A button that shows an icon alone."""
    return _made(id, Words("", name, icon))


def info(label: str, help: str) -> html.Button:
    """A small button that shows what something is, beside it: see assets/controls/help.js."""
    return html.Button(
        "?",
        type="button",
        className="info",
        **aria(label=f"About: {label}", expanded="false"),
        **{"data-help": help},  # type: ignore[arg-type]  # Dash takes any data attribute
    )


def switch(id: str, label: str, on: bool, help: str) -> html.Div:
    """A switch, and what it does on demand."""
    words, _, more = label.partition(" of the last")  # there is room for the first words alone
    name = {"attributes": {"input": {"aria-label": label}}} if more else {}
    return html.Div(
        [dmc.Switch(id=id, label=words, size="xs", checked=on, **name), info(label, help)], className="switch-row"
    )


def _made(id: str, words: Words, *, primary: bool = False) -> html.Button:
    """A button whose accessible name starts with the text it shows, and whose tooltip names its key."""
    text, help = words.text, words.help
    return html.Button(
        [html.Span(className=f"icon {words.icon}"), *([html.Span(text, className="button-text")] if text else [])],
        id=id,
        n_clicks=0,
        title=f"{help} ({words.key})" if words.key else help,
        className="button primary" if primary else "button",
        **aria(label=f"{text}: {help}" if text else help),
    )
