"""The page: header, controls, four panels, timeline, help."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from gan_core.commands import MAX_REPEATED_CHANGES, MAX_STEP
from gan_core.config import BOUNDS
from gan_core.dashboard import controls, ids
from gan_core.dashboard.ids import aria
from gan_core.dashboard.library import library_dialog
from gan_core.dashboard.panels import PANELS, Panel, tables
from gan_core.dashboard.theme import REAL_TO_FAKE
from gan_core.presets import DEFAULT_PRESET, PRESETS
from gan_core.records import Status

_GRAPH_CONFIG: Any = {"staticPlot": True, "responsive": True, "displayModeBar": False}

_KEYS = (
    ("Space", "play or pause training"),
    (".", "train one step"),
    ("← →", "one step back or on (Shift: ten)"),
    ("Home, End", "first step, newest step"),
    ("L", "follow the newest step"),
    ("R", "reset: the same run again"),
    ("C", "copy a link to this step, with the linked cursor"),
    ("?", "this help"),
    ("Tab, then arrows", "in a panel: move the linked cursor (Shift: faster); Esc hides it"),
)


def page(status: Status) -> dmc.MantineProvider:
    """Build the page for the state the session is in now."""
    preset = PRESETS[status.info.preset]
    return dmc.MantineProvider(
        id=ids.PROVIDER,
        defaultColorScheme="auto",
        children=[
            dcc.Interval(id=ids.PULSE, interval=1000),
            dcc.Store(id=ids.SETTINGS, data=_settings()),
            html.Div(
                [
                    html.A("Skip to the panels", href="#panels", className="skip"),
                    _header(preset.name),
                    html.Div(id="connection", className="banner", role="alert", hidden=True),
                    html.Div(id="failure", className="banner", role="alert", hidden=True),
                    html.Div(id="recording-error", className="banner", role="alert", hidden=True),
                    html.Div(id="notices", role="status"),
                    html.Div(
                        [
                            html.Aside(_sidebar(status, preset.story), className="sidebar", **aria(label="Controls")),
                            html.Main([_card(p) for p in PANELS], id="panels", className="panels", tabIndex="-1"),
                        ],
                        className="body",
                    ),
                    html.Footer(controls.transport(), className="footer"),
                ],
                className="page",
            ),
            _help(),
            library_dialog(),
            html.Div(id="cursor-words", className="for-screen-readers", **aria(live="polite")),
        ],
    )


def _settings() -> dict[str, Any]:
    """What the browser's side needs of Python's tables, so that each number stands once."""
    return {
        "sliders": {
            ids.SLIDERS[name]: {"name": name, "low": b.low, "high": b.high, "scale": b.scale, "label": b.label}
            for name, b in BOUNDS.items()
        },
        "presets": {
            p.name: {"title": p.title, "story": p.story, "values": vars(p.values), "config": vars(p.config)}
            for p in PRESETS.values()
        },
        "link": {"preset": DEFAULT_PRESET, "changes": MAX_REPEATED_CHANGES, "steps": MAX_STEP},
        "rail": controls.RAIL,
        "colours": [[at, colour] for at, colour in REAL_TO_FAKE],
        **tables(),
    }


def _header(preset: str) -> html.Header:
    return html.Header(
        [
            html.H1("GANscope"),
            controls.preset_chooser(preset),
            html.Div(
                [
                    html.Span(id="status-now", **aria(hidden="true")),
                    html.Span(id="status-words", className="for-screen-readers"),
                ],
                id="status",
                role="status",
                **aria(live="polite"),
            ),
            html.Div(
                [html.Span(id="run-words"), html.Span(id="recording-words", className="recording-words")],
                className="run-words",
            ),
            controls.text_button(ids.RUNS, "Runs", "Every run that was recorded", "icon-runs"),
            controls.text_button(ids.COPY_LINK, "Copy link", "A link that shows this step", "icon-link", "C"),
            controls.icon_button(ids.THEME, "Switch between light and dark", "icon-theme"),
            controls.icon_button(ids.HELP, "Help and keys (?)", "icon-help"),
        ],
        className="header",
    )


def _sidebar(status: Status, story: str) -> list[Any]:
    values = PRESETS[status.info.preset].values
    return [
        html.P(story, id="story", className="story"),
        html.H2("Generator", className="g"),
        controls.hyper_parameter("lr_g", values),
        controls.hyper_parameter("beta1_g", values),
        html.H2("Discriminator", className="d"),
        controls.hyper_parameter("lr_d", values),
        controls.hyper_parameter("beta1_d", values),
        html.H2("View"),
        controls.looking_share(),
        controls.pace(status.pace),
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
                        figure=panel.figure,
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


def _help() -> dmc.Modal:
    return dmc.Modal(
        id=ids.HELP_DIALOG,
        title="What you see, and the keys",
        size="lg",
        closeButtonProps=aria(label="Close the help"),
        children=[
            html.Dl([part for p in PANELS for part in (html.Dt(p.title), html.Dd([p.help, " ", p.hint]))]),
            html.P(
                "Trail: the red line with a circle is the path of the centre of the fakes, the blue dashed line with a "
                "diamond the path of the bluest spot of the sample map, both over the last 100 steps. The thin dark "
                "line in both maps is the contour at 0.5."
            ),
            html.P(
                "Live maps are coarse, because drawing takes time from training; pause at the newest step and they "
                "sharpen to 400 × 400. Colours are interpolated between cell centres; numbers are those of the centre."
            ),
            html.Table(html.Tbody([html.Tr([html.Th(html.Kbd(key)), html.Td(what)]) for key, what in _KEYS])),
        ],
    )
