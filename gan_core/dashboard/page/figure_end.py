"""The card that says that a figure of the article ends here, and what there is to do. What it does is in assets/."""

from __future__ import annotations

from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria


def card() -> html.Section:
    """The card, hidden; assets/story/figure_end.js fills it in."""
    return html.Section(
        [
            html.Div([html.H2(id="figure-end-title"), html.P(id="figure-end-words")], role="status"),
            html.Div(
                [
                    _button(ids.GO_ON, "Go on", "train on from here; it does not pause by itself again"),
                    _button(ids.WATCH_AGAIN, "Watch again", "the same run again from step 0"),
                    _button(ids.NEXT_FIGURE, "Next figure", "open the next figure of the article"),
                ],
                className="buttons",
            ),
            html.Button(
                "✕",
                id=ids.CLOSE_FIGURE_END,
                title="Close (Esc)",
                className="button cross",
                n_clicks=0,
                **aria(label="Close: the run stays paused"),
            ),
        ],
        id=ids.FIGURE_END,
        className="figure-end",
        hidden=True,
        tabIndex="-1",
        **aria(labelledby="figure-end-title"),
    )


def _button(id: str, text: str, help: str) -> html.Button:
    return html.Button(
        text, id=id, n_clicks=0, title=help.capitalize(), className="button", **aria(label=f"{text}: {help}")
    )
