"""The card that says that a figure of the article ends here, and what there is to do. What it does is in assets/."""

from __future__ import annotations

from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.texts.catalogue import say


def card() -> html.Section:
    """The card, hidden; assets/story/figure_end.js fills it in."""
    return html.Section(
        [
            html.Div([html.H2(id="figure-end-title"), html.P(id="figure-end-words")], role="status"),
            html.Div(
                [
                    _button(ids.GO_ON, say("figure-end.go-on"), say("figure-end.go-on-help")),
                    _button(ids.WATCH_AGAIN, say("figure-end.watch-again"), say("figure-end.watch-again-help")),
                    _button(ids.NEXT_FIGURE, say("figure-end.next-figure"), say("figure-end.next-figure-help")),
                ],
                className="buttons",
            ),
            html.Button(
                "✕",
                id=ids.CLOSE_FIGURE_END,
                title=say("figure-end.close"),
                className="button cross",
                n_clicks=0,
                **aria(label=say("figure-end.close-label")),
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
        text,
        id=id,
        n_clicks=0,
        title=help[0].upper() + help[1:],
        className="button",
        **aria(label=say("button.named", text=text, help=help)),
    )
