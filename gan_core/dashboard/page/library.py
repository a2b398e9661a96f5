"""The dialog of recorded runs. Its list is filled in by assets/library/library.js, each time it is opened."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.texts.catalogue import say


def library_dialog() -> dmc.Modal:
    """The dialog, closed: a page of the list, what is looked for and selected, where files and tables are taken in."""
    return dmc.Modal(
        id=ids.RUNS_DIALOG,
        title=say("library.title"),
        size="xl",
        className="runs-dialog",
        closeButtonProps=aria(label=say("library.close")),
        children=[
            html.Div(id="runs-find", className="runs-find", hidden=True),
            html.P(id="runs-words", role="status"),
            html.Nav(id="runs-pages", className="runs-pages", hidden=True, **aria(label=say("library.pages"))),
            html.Ul(id="runs-list", className="runs-list", **aria(label=say("library.list"))),
            html.Nav(
                id="runs-pages-below", className="runs-pages", hidden=True, **aria(label=say("library.pages-below"))
            ),
            html.Div(
                id="runs-chosen",
                className="runs-chosen",
                hidden=True,
                role="group",
                **aria(label=say("library.chosen")),
            ),
            html.Div(id="runs-upload", className="runs-upload"),
            html.Details(
                [html.Summary(say("own-data.title")), html.Div(id="runs-own-data", className="runs-upload")],
                id="runs-own",
            ),
        ],
    )
