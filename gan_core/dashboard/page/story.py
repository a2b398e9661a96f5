"""What is told beside the picture: the scenario's story, its claim, what is measured of it, and the guided tour.

assets/story/story.js puts the text in whenever another scenario is opened; the tour's buttons: `tour.js` there.
"""

from __future__ import annotations

import re
from typing import Any

from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.records.readings import READINGS
from gan_core.setup.presets import PRESETS, Preset
from gan_core.texts.catalogue import say

_LINK = re.compile(r"\[([^\[\]]+)\]\((?:#|(?=preset:))([a-z0-9:-]+)\)")

# A shape for each state of gan_core.records.story.STATES, so that nothing depends on a colour.
SHAPES = {
    "covering": "●",
    "collapsed": "▼",
    "hopping": "◆",
    "d-has-won": "■",
    "diverged": "✕",
    "undecided": "○",
    "learning": "◐",
    "learnt": "●",
}
# The numbers that each task is about: readings, or what assets/story/story.js makes of the losses.
NUMBERS = {
    "gan": ("coverage", "on_band"),
    "fit": ("squared_error", "coverage"),
    "noise": ("loss", "map_error"),
    "blob": ("called_real", "corners"),
    "none": (),
}
_MADE = ("squared_error", "loss")  # what assets/story/story.js makes itself


def parts(text: str) -> list[tuple[str, str | None]]:
    """Split a story into its words and what each piece leads to: None, or the id in `[words](#id)` of an element, or
    `preset:NAME`, as in `[words](preset:NAME)`, of another scenario.
    """
    found: list[tuple[str, str | None]] = []
    end = 0
    for link in _LINK.finditer(text):
        found += [(text[end : link.start()], None), (link[1], link[2])]
        end = link.end()
    return [piece for piece in [*found, (text[end:], None)] if piece[0]]


def plain(text: str) -> str:
    """The story as it is read: without the marks of its links."""
    return "".join(words for words, _ in parts(text))


def label(preset: Preset) -> str:
    """A scenario's title, with the number of the article's figure."""
    return say("story.figure-title", figure=preset.figure, title=preset.title) if preset.figure else preset.title


def tour() -> list[str]:
    """Names of the article's scenarios in the order of its figures."""
    article = [preset for preset in PRESETS.values() if preset.group == "article"]
    return [preset.name for preset in sorted(article, key=lambda preset: preset.figure or 0)]


def settings() -> dict[str, Any]:
    """What the browser's side needs of the tables above."""
    made = {name: (say(f"reading.{name}.label"), say(f"reading.{name}.help")) for name in _MADE}
    labels = {name: (reading.label, reading.help) for name, reading in READINGS.items()} | made
    return {
        "shapes": SHAPES,
        "numbers": NUMBERS,
        "labels": labels,
        "places": list(READINGS),
        "tour": tour(),
    }


def told(preset: Preset) -> dict[str, Any]:
    """What is told of one scenario."""
    plain_ones = ("title", "figure", "claim", "by", "found", "length", "view", "lenses", "paces")
    linked = ("story", "why", "attempt")
    return {name: getattr(preset, name) for name in plain_ones} | {
        name: parts(getattr(preset, name)) for name in linked
    }


def panel() -> html.Section:
    """The panel, empty until a status is there."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(id="story-title"),
                    html.Span(id="story-figure", className="figure-number"),
                    html.Button(
                        html.Span(className="icon icon-fold"),
                        id=ids.STORY_FOLD,
                        title=say("story.fold"),
                        className="button fold",
                        n_clicks=0,
                        **aria(label=say("story.fold-label"), expanded="true", controls="story-body"),
                    ),
                ],
                className="story-head",
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.P(html.Span(id="story")),
                            html.P(id="story-found"),
                            html.P([html.Strong(f"{say('story.try')} "), html.Span(id="story-attempt")]),
                            html.Details([html.Summary(say("story.why")), html.P(id="story-why")]),
                            html.Button(
                                say("story.more"),
                                id=ids.STORY_MORE,
                                className="story-more",
                                n_clicks=0,
                                hidden=True,
                                **aria(expanded="false", controls="story-body"),
                            ),
                        ],
                        className="story-words",
                    ),
                    html.P(id="story-claim"),
                    html.P(
                        [
                            html.Span(id="story-altered-words"),
                            " ",
                            html.Span(id="story-path"),
                            " ",
                            _plain_button(ids.AS_TOLD, say("story.as-told"), say("story.as-told-help")),
                        ],
                        id="story-altered",
                        className="story-altered",
                        hidden=True,
                    ),
                ],
                id="story-body",
                className="story-body",
            ),
            _measured(),
            _tour(),
        ],
        id="story-panel",
        className="story-panel",
        **aria(labelledby="story-title"),
    )


def _measured() -> html.Div:
    return html.Div(
        [
            html.P(
                [
                    html.Span(id="story-shape", className="state-shape", **aria(hidden="true")),
                    html.Span([html.Strong(id="story-state"), " ", html.Span(id="story-sentence")]),
                ],
                id="story-diagnosis",
                hidden=True,
            ),
            html.Dl(id="story-numbers", hidden=True),
            html.Div(
                html.Div(id="story-bar"),
                id="story-progress",
                role="progressbar",
                className="story-progress",
                **aria(label=say("story.progress"), valuemin="0", valuemax="100"),
            ),
            html.P(id="story-left", className="story-left"),
        ],
        className="measured",
    )


def _tour() -> html.Div:
    return html.Div(
        [
            html.P([html.Span(id="tour-place"), " ", html.Span(id="tour-kept")], role="status"),
            html.Div(
                [
                    _plain_button(ids.TOUR_BACK, say("tour.back"), say("tour.back-help")),
                    _plain_button(ids.TOUR_NEXT, say("tour.next"), say("tour.next-first-help")),
                    _plain_button(ids.TOUR_LEAVE, say("tour.leave"), say("tour.leave-help")),
                ],
                className="buttons",
            ),
        ],
        id="tour",
        className="tour",
        role="group",
        hidden=True,
        **aria(label=say("tour.label")),
    )


def _plain_button(id: str, text: str, help: str) -> html.Button:
    return html.Button(text, id=id, n_clicks=0, title=help, className="button")
