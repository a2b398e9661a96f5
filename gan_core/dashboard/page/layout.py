"""The page: header, story, controls, four panels, timeline, dialogs."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from gan_core.dashboard.page import controls, experiment, figure_end, ids, story
from gan_core.dashboard.page.buttons import button, icon_button
from gan_core.dashboard.page.help import help_dialog
from gan_core.dashboard.page.ids import aria
from gan_core.dashboard.page.library import library_dialog
from gan_core.dashboard.page.panels.registry import PANELS, Panel, tables
from gan_core.dashboard.page.theme import REAL_TO_FAKE
from gan_core.records.status import Status
from gan_core.setup.config import BOUNDS, HyperParameters
from gan_core.setup.labels import labels
from gan_core.setup.limits import MAX_REPEATED_CHANGES, MAX_STEP, MAX_STEPS_AT_ONCE
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS
from gan_core.texts.catalogue import say, words

_GRAPH_CONFIG: Any = {"staticPlot": True, "responsive": True, "displayModeBar": False}


def page(status: Status, choices: experiment.Choices) -> dmc.MantineProvider:
    """Build the page for the state the session is in now; `choices` are what an experiment can be made of."""
    return dmc.MantineProvider(
        id=ids.PROVIDER,
        defaultColorScheme="auto",
        children=[
            dcc.Interval(id=ids.PULSE, interval=5000),
            dcc.Store(id=ids.SETTINGS, data=_settings(choices)),
            html.Div(
                [
                    html.A(say("page.skip"), href="#panels", className="skip"),
                    _header(status.info.preset),
                    html.Div(id="connection", className="banner", role="alert", hidden=True),
                    html.Div(id="failure", className="banner", role="alert", hidden=True),
                    html.Div(id="recording-error", className="banner", role="alert", hidden=True),
                    html.Div(id="notices", role="status"),
                    figure_end.card(),
                    html.Div(
                        [
                            html.Div(
                                [
                                    story.panel(),
                                    experiment.game(),
                                    experiment.panel(),
                                    html.Aside(
                                        _sidebar(status), className="sidebar", **aria(label=say("page.controls"))
                                    ),
                                ],
                                className="side",
                            ),
                            experiment.networks(),
                            html.Main(
                                [_card(p) for p in PANELS.values()], id="panels", className="panels", tabIndex="-1"
                            ),
                        ],
                        className="body",
                    ),
                    html.Footer(controls.transport(), className="footer"),
                ],
                className="page",
            ),
            help_dialog(),
            library_dialog(),
            html.Div(id="cursor-words", className="for-screen-readers", **aria(live="polite")),
            html.Div(id="callout-words", className="for-screen-readers", **aria(live="polite")),
        ],
    )


def _settings(choices: experiment.Choices) -> dict[str, Any]:
    """What the browser's side needs of Python's tables, so that each number stands once."""
    return {
        "sliders": {
            ids.SLIDERS[name]: {
                field: getattr(b, field) for field in ("name", "low", "high", "scale", "label", "needs", "whole")
            }
            for name, b in BOUNDS.items()
        },
        "presets": {
            p.name: {**story.told(p), "values": vars(p.values), "config": vars(p.config)} for p in PRESETS.values()
        },
        "labels": labels(),
        "experiment": experiment.settings(choices),
        "tables": story.settings(),
        "precisions": words("precision"),
        "steps_at_once": MAX_STEPS_AT_ONCE,
        "link": {"preset": DEFAULT_PRESET, "changes": MAX_REPEATED_CHANGES, "steps": MAX_STEP},
        "colours": [[at, colour] for at, colour in REAL_TO_FAKE],
        **tables(),
    }


def _header(preset: str) -> html.Header:
    return html.Header(
        [
            html.H1(say("page.title")),
            controls.preset_chooser(preset),
            html.Div(
                [
                    html.Span(id="status-now", **aria(hidden="true")),
                    html.Span(id="status-diagnosis", className="status-diagnosis", **aria(hidden="true")),
                    html.Span(id="status-words", className="for-screen-readers"),
                ],
                id="status",
                role="status",
                **aria(live="polite"),
            ),
            html.Div(id="pause-when-sign", role="status"),
            html.Div(
                html.Div(
                    [html.Span(id="run-words"), html.Span(id="recording-words", className="recording-words")],
                    className="run-lines",
                ),
                className="run-words",
            ),
            button(ids.TOUR_START),
            button(ids.SWEEP),
            button(ids.RUNS),
            button(ids.COPY_LINK),
            button(ids.EXPORT),
            icon_button(ids.THEME, say("button.theme.help"), "icon-theme"),
            icon_button(ids.HELP, say("button.help.help"), "icon-help"),
        ],
        className="header",
    )


def _sidebar(status: Status) -> list[Any]:
    values = HyperParameters().changed({name: held.value for name, held in status.values.items()})
    return [
        html.H2([say("page.generator"), html.Span(id="untrained-g", className="untrained")], className="g"),
        controls.hyper_parameter("lr_g", values),
        controls.hyper_parameter("beta1_g", values),
        html.H2([say("page.discriminator"), html.Span(id="untrained-d", className="untrained")], className="d"),
        controls.hyper_parameter("lr_d", values),
        controls.hyper_parameter("beta1_d", values),
        controls.hyper_parameter("penalty_weight", values),
        html.Details(
            [
                html.Summary(say("controls.more")),
                html.Div(id="alone"),
                *(controls.hyper_parameter(name, values) for name in ("updates_d", "updates_g", "instance_noise")),
            ],
            id="more-values",
            className="more-values",
            **aria(label=say("controls.more")),
        ),
        html.H2(say("page.view"), className="view"),
        controls.pace(),
        controls.pause_when(),
        controls.switches(),
    ]


def _card(panel: Panel) -> html.Section:
    title = f"{panel.id}-title"
    return html.Section(
        [
            html.Div(
                [html.H2(panel.title, id=title), html.Span(className="badge", id=f"{panel.id}-badge")],
                className="card-head",
                title=panel.help,
            ),
            html.Div(
                [
                    dcc.Graph(
                        id=panel.id,
                        figure=panel.figure(),
                        config=_GRAPH_CONFIG,
                        responsive=True,
                        style={"height": "var(--plot)"},  # Dash's own inline height would win over the style sheet
                        className="graph square" if panel.square else "graph wide",
                    ),
                    html.Div(
                        [html.Div(id=f"{panel.id}-notes", className="readout"), html.P(panel.hint, className="hint")],
                        className="notes",
                    ),
                ],
                className="card-body",
            ),
        ],
        className="card",
        **aria(labelledby=title),
    )
