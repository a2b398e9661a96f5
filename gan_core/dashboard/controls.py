"""The controls: sliders with typed values, transport, and switches. What they do is in assets/."""

from __future__ import annotations

import math
from typing import Any

import dash_mantine_components as dmc
from dash import html

from gan_core.config import BOUNDS, DEFAULT_LOOKING_SHARE, LOOKING_SHARE, Bounds, HyperParameters
from gan_core.dashboard import ids
from gan_core.dashboard.ids import aria
from gan_core.presets import PRESETS

# Positions of the timeline's handle, however many frames there are: another maximum would rebuild the slider, and it
# would lose the focus.
RAIL = 10_000
FULL_SPEED = "full"
STEPS_A_FRAME = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
REPLAY_SPEEDS = (5, 15, 30, 60)  # kept frames a second


def hyper_parameter(name: str, values: HyperParameters) -> html.Div:
    """A slider for one live hyper-parameter: drag, type, double-click for the preset's value."""
    slider = ids.SLIDERS[name]
    bounds = BOUNDS[name]
    network = "d" if name.endswith("_d") else "g"
    value = getattr(values, name)
    return html.Div(
        [
            html.Div(
                [
                    html.Label(bounds.short, htmlFor=ids.typed(slider), title=bounds.help),
                    _button(ids.back(slider), "", f"Back to the preset's {bounds.label.lower()}", "icon-back"),
                    dmc.TextInput(
                        id=ids.typed(slider),
                        value=f"{value:g}",
                        size="xs",
                        className="typed",
                        inputProps={
                            "inputMode": "decimal",
                            "autoComplete": "off",
                            "aria-label": f"{bounds.label}, typed",
                        },
                    ),
                ],
                className="slider-head",
            ),
            _slider(slider, bounds, value, f"var(--gs-{network})"),
            html.Div(
                [
                    html.Span(["in force ", html.Output(f"{value:g}", id=f"{slider}-value")]),
                    html.Span("from step 1", id=f"{slider}-since"),
                ],
                className="in-force",
            ),
            html.Div(id=f"{slider}-error", className="field-error", role="alert"),
        ],
        className="control",
    )


def looking_share() -> html.Div:
    """A slider for the share of time that may go into frames."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span(LOOKING_SHARE.label, title=LOOKING_SHARE.help),
                    html.Output("15 %", id=f"{ids.LOOKING}-value"),
                ],
                className="slider-head",
            ),
            _slider(ids.LOOKING, LOOKING_SHARE, DEFAULT_LOOKING_SHARE, "var(--gs-accent)"),
            html.Div(html.Span("measured: –", id="looking-measured"), className="in-force"),
        ],
        className="control of-training",
    )


def pace(steps: int | None) -> html.Div:
    """How many steps go by from one frame to the next."""
    choices = {FULL_SPEED: "Full speed"}
    choices |= {str(n): "every step" if n == 1 else f"every {n:,} steps" for n in STEPS_A_FRAME}
    return html.Div(
        [
            html.Div(
                [
                    html.Span("Show", title="Full speed: frames come as they can. Else training waits for each frame."),
                    dmc.Select(
                        id=ids.PACE,
                        data=[{"value": value, "label": label} for value, label in choices.items()],
                        value=FULL_SPEED if steps is None else str(steps),
                        allowDeselect=False,
                        size="xs",
                        className="pace",
                        attributes={"input": {"aria-label": "Pace: training steps from one frame to the next"}},
                    ),
                ],
                className="slider-head",
            ),
            html.Div(html.Span("", id="pace-measured"), className="in-force"),
        ],
        className="control of-training",
    )


def switches() -> html.Div:
    """What is drawn, and whether keys are listened to."""
    return html.Div(
        [
            dmc.Switch(id=ids.TRAIL, label="Trail of the last 100 steps", size="xs", checked=False),
            dmc.Switch(id=ids.LOG_STEPS, label="Logarithmic steps", size="xs", checked=False),
            dmc.Switch(id=ids.KEYS, label="Keyboard shortcuts", size="xs", checked=True),
            html.Div(
                [
                    dmc.Switch(id=ids.GHOST_CURVES, label="Ghost of the parent", size="xs", checked=True),
                    dmc.Switch(id=ids.GHOST_FAKES, label="Ghost fakes", size="xs", checked=False),
                ],
                id="ghost-switches",
                className="switches",
                hidden=True,
            ),
        ],
        className="switches",
    )


def preset_chooser(preset: str) -> dmc.Select:
    """The scenarios."""
    return dmc.Select(
        id=ids.PRESET,
        data=[{"value": p.name, "label": p.title} for p in PRESETS.values()],
        value=preset,
        allowDeselect=False,
        checkIconPosition="right",
        size="xs",
        className="preset",
        attributes={"input": {"aria-label": "Scenario"}},
    )


def transport() -> html.Div:
    """Buttons that act on the training, and those that look at its past."""
    return html.Div(
        [
            html.Div(
                [
                    _button(ids.PLAY_PAUSE, "Pause", "Pause training", "icon-pause", key="Space", primary=True),
                    _button(ids.STEP_ONCE, "Step", "Train one step", "icon-step", key="."),
                    _button(ids.RESET, "Reset", "Start the same run again", "icon-reset", key="R"),
                    _button(ids.NEW_SEED, "New seed", "Start again from another seed", "icon-seed"),
                ],
                className="buttons of-training",
                role="group",
                **aria(label="Training"),
            ),
            html.A("To the live run", href="/", id="to-live", className="button"),  # on the page of a recorded run
            html.Div(_timeline(), className="timeline-box"),
            html.Div(
                [
                    _button(ids.BRANCH_HERE, "Branch here", "Go on from this step as a new run", "icon-branch"),
                    _button(
                        ids.BEFORE_CHANGE,
                        "Before the last change",
                        "A branch from the step before it, with the settings as they were",
                        "icon-before",
                    ),
                ],
                className="buttons branches",
                role="group",
                **aria(label="Branches"),
            ),
            html.Div(
                [
                    _button(ids.REPLAY, "Replay", "Play the kept frames from here", "icon-replay"),
                    dmc.Select(
                        id=ids.REPLAY_SPEED,
                        data=[{"value": str(speed), "label": f"{speed} / s"} for speed in REPLAY_SPEEDS],
                        value="15",
                        size="xs",
                        allowDeselect=False,
                        className="speed",
                        attributes={"input": {"aria-label": "Replay speed, kept frames a second"}},
                    ),
                    _button(ids.FOLLOW_LIVE, "Live", "Follow the newest step", "icon-live", key="L"),
                ],
                className="buttons",
                role="group",
                **aria(label="Looking back"),
            ),
        ],
        className="transport",
    )


def _timeline() -> list[Any]:
    """The family of runs, the rail over all steps, and the words and the field below it."""
    return [
        html.Div(id="family", className="family", role="group", hidden=True, **aria(label="Runs of this family")),
        dmc.Slider(
            id=ids.TIMELINE,
            min=0,
            max=RAIL,
            step=1,
            value=RAIL,
            size="sm",
            label=None,
            updatemode="mouseup",
            thumbLabel="Timeline: steps",
            color="var(--gs-accent)",
        ),
        html.Div(
            [
                html.Span("step 0", id="viewed-step"),
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
                    placeholder="go to step",
                    inputProps={"inputMode": "numeric", "autoComplete": "off", "aria-label": "Go to step"},
                ),
                html.Span("", id="kept-frames"),
            ],
            className="timeline-words",
        ),
    ]


def icon_button(id: str, name: str, icon: str) -> html.Button:
    """A button that shows an icon alone."""
    return _button(id, "", name, icon)


def text_button(id: str, text: str, name: str, icon: str, key: str = "") -> html.Button:
    """A button with an icon and words."""
    return _button(id, text, name, icon, key=key)


def _slider(id: str, bounds: Bounds, value: float, colour: str) -> dmc.Slider:
    scale: dict[str, Any] = {}
    low, high = bounds.low, bounds.high
    if bounds.scale == "log":  # the component's value is the exponent
        low, high, value = math.log10(low), math.log10(high), math.log10(value)
        scale = {"scale": {"function": "powerOfTen"}}
        marks = [{"value": exponent} for exponent in range(round(low), round(high) + 1)]
    else:
        marks = []
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


def _button(id: str, text: str, name: str, icon: str, *, key: str = "", primary: bool = False) -> html.Button:
    """A button whose accessible name starts with the text it shows, and whose tooltip names its key."""
    label = f"{text}: {name}" if text else name
    return html.Button(
        [html.Span(className=f"icon {icon}"), *([html.Span(text, className="button-text")] if text else [])],
        id=id,
        n_clicks=0,
        title=f"{name} ({key})" if key else name,
        className="button primary" if primary else "button",
        **aria(label=label),
    )
