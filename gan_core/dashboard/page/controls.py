"""The controls: sliders with typed values, transport, and switches. What they do is in assets/."""

from __future__ import annotations

import math
from typing import Any

import dash_mantine_components as dmc
from dash import html

from gan_core.dashboard.page import ids, story
from gan_core.dashboard.page.buttons import GHOST_SWITCHES, SWITCHES, button, icon_button, info, switch
from gan_core.dashboard.page.ids import aria
from gan_core.setup.config import BOUNDS, DEFAULT_LOOKING_SHARE, LOOKING_SHARE, Bounds, HyperParameters
from gan_core.setup.presets import GROUPS, PRESETS
from gan_core.texts.catalogue import say, say_or

_BRANCHES = (ids.AGAIN_WITH_SEEDS, ids.BRANCH_HERE, ids.BEFORE_CHANGE)
REPLAY_SPEEDS = (5, 15, 30, 60)  # kept frames a second


def hyper_parameter(name: str, values: HyperParameters) -> html.Div:
    """A slider for one live hyper-parameter: drag, type, double-click for the preset's value."""
    slider = ids.SLIDERS[name]
    bounds = BOUNDS[name]
    network = "g" if name.endswith("_g") else "d"
    value = getattr(values, name)
    return html.Div(
        [
            html.Div(
                [
                    html.Label(bounds.short, htmlFor=ids.typed(slider)),
                    info(bounds.label, bounds.help),
                    icon_button(ids.back(slider), say(f"value.{name}.back"), "icon-back"),
                    dmc.TextInput(
                        id=ids.typed(slider),
                        value=f"{value:g}",
                        size="xs",
                        className="typed",
                        inputProps={
                            "inputMode": "decimal",
                            "autoComplete": "off",
                            "aria-label": say("controls.typed", value=bounds.label),
                        },
                    ),
                ],
                className="slider-head",
            ),
            _slider(slider, bounds, value, f"var(--gs-{network})"),
            html.Div(
                [
                    html.Span([f"{say('controls.in-force')} ", html.Output(f"{value:g}", id=f"{slider}-value")]),
                    html.Span(say("steer.since", step=1), id=f"{slider}-since"),
                ],
                className="in-force",
            ),
            html.Div(id=f"{slider}-error", className="field-error", role="alert"),
        ],
        id=f"{slider}-control",
        className=f"control {network}",
    )


def pace() -> html.Div:
    """At what pace steps are shown; behind it, what counts at full speed alone. Choices: assets/controls/pace.js."""
    show, looking = say("controls.show"), say("controls.looking")
    return html.Div(
        [
            html.Div([html.Span(show), info(show, say("controls.show-help"))], className="slider-head", id="pace-head"),
            html.Div("", id="pace-words"),
            html.Details(
                [html.Summary(looking), _looking_share()],
                id="pace-more",
                **aria(label=looking),
            ),
        ],
        className="control of-training",
    )


def pause_when() -> html.Details:
    """On what training is to pause by itself. What there is to choose, and what it does: assets/story/pause_when.js."""
    label = say("controls.pause-when")
    return html.Details(
        [
            html.Summary(label, id="pause-when-words"),
            html.Div([html.Div(id="pause-when-form"), info(label, say("controls.pause-when-help"))]),
        ],
        id="pause-when",
        className="of-training",
        **aria(label=label),
    )


def _looking_share() -> html.Div:
    """A slider for the share of time that may go into frames."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span(LOOKING_SHARE.label),
                    info(LOOKING_SHARE.label, LOOKING_SHARE.help),
                    html.Output("15 %", id=f"{ids.LOOKING}-value"),
                ],
                className="slider-head",
            ),
            _slider(ids.LOOKING, LOOKING_SHARE, DEFAULT_LOOKING_SHARE, "var(--gs-accent)"),
            html.Div([html.Span("", id="looking-measured"), html.Span("", id="pace-measured")], className="in-force"),
        ],
        className="looking",
    )


def switches() -> html.Div:
    """What is drawn, and whether keys are listened to."""
    ghosts = html.Div(
        [switch(id, on) for id, on in GHOST_SWITCHES.items()],
        id="ghost-switches",
        className="switches",
        hidden=True,
    )
    return html.Div([*(switch(id, on) for id, on in SWITCHES.items()), ghosts], className="switches")


def preset_chooser(preset: str) -> dmc.Select:
    """The scenarios; a run of one that is not known here stands there by its own name, which cannot be chosen."""
    return dmc.Select(
        id=ids.PRESET,
        data=[
            {
                "group": say_or(group, f"group.{group}"),
                "items": [
                    {"value": p.name, "label": story.label(p)}
                    for p in sorted(PRESETS.values(), key=lambda preset: preset.figure or 0)
                    if p.group == group
                ],
            }
            for group in GROUPS
            if any(p.group == group for p in PRESETS.values())
        ],
        value=preset if preset in PRESETS else None,
        placeholder=preset,
        allowDeselect=False,
        checkIconPosition="right",
        maxDropdownHeight=660,
        comboboxProps={"width": 290, "position": "bottom-start"},
        size="xs",
        className="preset",
        attributes={"input": {"aria-label": say("controls.scenario")}},
    )


def transport() -> html.Div:
    """Buttons that act on the training, and those that look at its past."""
    return html.Div(
        [
            _buttons(
                say("controls.training"),
                "of-training",
                button(ids.PLAY_PAUSE, primary=True),
                *(button(id) for id in (ids.STEP_ONCE, ids.TELL_STEP, ids.RESET, ids.NEW_SEED)),
            ),
            html.A(
                say("controls.to-live"), href="/", id="to-live", className="button"
            ),  # on the page of a recorded run
            html.Div(_timeline(), className="timeline-box"),
            _buttons(say("controls.branches"), "branches", *(button(id) for id in _BRANCHES)),
            _buttons(
                say("controls.looking-back"),
                "",
                button(ids.REPLAY),
                _replay_speed(),
                button(ids.FOLLOW_LIVE),
                button(ids.NOTE),
            ),
        ],
        className="transport",
    )


def _buttons(name: str, kind: str, *buttons: Any) -> html.Div:
    return html.Div(list(buttons), className=f"buttons {kind}".strip(), role="group", **aria(label=name))


def _replay_speed() -> dmc.Select:
    return dmc.Select(
        id=ids.REPLAY_SPEED,
        data=[{"value": str(speed), "label": say("controls.speed", speed=speed)} for speed in REPLAY_SPEEDS],
        value="15",
        size="xs",
        allowDeselect=False,
        className="speed",
        attributes={"input": {"aria-label": say("controls.speed-label")}},
    )


def _timeline() -> list[Any]:
    """The family of runs, the rail over all steps, and the words and the field below it."""
    return [
        html.Div(id="family", className="family", role="group", hidden=True, **aria(label=say("family.label"))),
        html.Div(
            [
                html.Div(
                    html.Div(
                        role="slider",
                        tabIndex="0",
                        className="handle",
                        **aria(label=say("controls.timeline"), valuemin="0", valuemax="0", valuenow="0"),
                    ),
                    id=ids.TIMELINE,
                ),
                html.Div(id="events", className="events", **aria(hidden="true")),
            ],
            className="rail",
        ),
        html.Ul(id="events-list", className="for-screen-readers", **aria(label=say("controls.events"))),
        html.Div(
            [
                html.Span(say("numbers.step", step=0), id="viewed-step"),
                html.Span(id="event-words", role="status"),
                html.Span(
                    [
                        html.Span(id="exact-words", role="status", **aria(live="polite")),
                        html.Span(id="exact-share", **aria(hidden="true")),
                    ],
                    className="exact",
                ),
                html.Span(id="go-to-step-error", className="field-error", role="alert"),
                dmc.TextInput(
                    id=ids.GO_TO_STEP,
                    value="",
                    size="xs",
                    className="typed",
                    placeholder=say("controls.go-to-step"),
                    inputProps={
                        "inputMode": "numeric",
                        "autoComplete": "off",
                        "aria-label": say("controls.go-to-step-label"),
                    },
                ),
                html.Span("", id="kept-frames"),
            ],
            className="timeline-words",
        ),
    ]


def _slider(id: str, bounds: Bounds, value: float, colour: str) -> dmc.Slider:
    scale: dict[str, Any] = {}
    low, high = bounds.low, bounds.high
    if bounds.scale == "log":  # the component's value is the exponent
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
        scale = {"scale": {"function": "powerOfTen"}}
        marks = [{"value": exponent} for exponent in range(round(low), round(high) + 1)]
    else:
        marks = [{"value": count} for count in range(round(low), round(high) + 1)] if bounds.whole else []
    return dmc.Slider(
        id=id,
        min=low,
        max=high,
        step=bounds.step,
        precision=3,
        value=value,
        marks=marks,
        label=None,
        size="sm",
        updatemode="drag",
        thumbLabel=bounds.label,
        color=colour,
        **scale,
    )
