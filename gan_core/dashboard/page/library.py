"""The dialog of recorded runs. Its list is filled in by assets/library/library.js, each time it is opened."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.texts.catalogue import say


def library_dialog() -> dmc.Modal:
    """The dialog, closed: the list and what it is searched for, its size, where files and tables are taken in."""
    return dmc.Modal(
        id=ids.RUNS_DIALOG,
        title=say("library.title"),
        size="xl",
        className="runs-dialog",
        closeButtonProps=aria(label=say("library.close")),
        children=[
            html.Div(id="runs-find", className="runs-find", hidden=True),
            html.P(id="runs-words", role="status"),
            html.Ul(id="runs-list", className="runs-list", **aria(label=say("library.list"))),
            html.Div(id="runs-compare", className="runs-compare", hidden=True),
            html.Div(id="runs-upload", className="runs-upload"),
            html.Details(
                [html.Summary(say("own-data.title")), html.Div(id="runs-own-data", className="runs-upload")],
                id="runs-own",
            ),
        ],
    )
