"""Wires controls to the browser's side: which function of assets/ answers which event. No logic here.

Everything is clientside: a slider that went through a server callback would show nothing while it is dragged.
"""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, State

from gan_core.dashboard.page import ids


def add_callbacks(app: Dash) -> None:
    """Register all callbacks on `app`. The namespaces are the file names in assets/."""

    def on(namespace: str, function: str, *inputs: Input | State, initial: bool = False) -> None:
        answer = ClientsideFunction(namespace, function)
        app.clientside_callback(answer, *inputs, prevent_initial_call=not initial)  # type: ignore[no-untyped-call]

    on("poll", "pulse", Input(ids.PULSE, "n_intervals"), State(ids.SETTINGS, "data"), initial=True)

    for slider in ids.SLIDERS.values():
        on("steer", "dragged", Input(slider, "value"), State(slider, "id"))
        on(
            "steer",
            "typed",
            Input(ids.typed(slider), "n_submit"),
            Input(ids.typed(slider), "n_blur"),
            State(slider, "id"),
        )
        on("steer", "back_to_preset", Input(ids.back(slider), "n_clicks"), State(slider, "id"))
    on("steer", "looking", Input(ids.LOOKING, "value"))

    on("transport", "play_pause", Input(ids.PLAY_PAUSE, "n_clicks"))
    on("transport", "step_once", Input(ids.STEP_ONCE, "n_clicks"))
    on("told", "open", Input(ids.TELL_STEP, "n_clicks"))
    on("transport", "reset", Input(ids.RESET, "n_clicks"))
    on("transport", "new_seed", Input(ids.NEW_SEED, "n_clicks"))
    on("transport", "open_preset", Input(ids.PRESET, "value"))

    on("timeline", "follow_live", Input(ids.FOLLOW_LIVE, "n_clicks"))
    on("jump", "typed", Input(ids.GO_TO_STEP, "n_submit"))
    on("replay", "toggle", Input(ids.REPLAY, "n_clicks"))
    on("replay", "set_speed", Input(ids.REPLAY_SPEED, "value"))
    on("branch", "here", Input(ids.BRANCH_HERE, "n_clicks"))
    on("branch", "before_change", Input(ids.BEFORE_CHANGE, "n_clicks"))
    on("ghost", "set_curves", Input(ids.GHOST_CURVES, "checked"))
    on("ghost", "set_fakes", Input(ids.GHOST_FAKES, "checked"))

    on("paint", "set_trail", Input(ids.TRAIL, "checked"))
    on("curves", "set_log", Input(ids.LOG_STEPS, "checked"))
    on("keys", "set_on", Input(ids.KEYS, "checked"))
    on("theme", "toggle", Input(ids.THEME, "n_clicks"))
    on("keys", "open_help", Input(ids.HELP, "n_clicks"))
    on("seeds", "again", Input(ids.AGAIN_WITH_SEEDS, "n_clicks"))
    on("sweepHome", "open", Input(ids.SWEEP, "n_clicks"))
    on("library", "open", Input(ids.RUNS, "n_clicks"))
    on("library", "opened", Input(ids.RUNS_DIALOG, "opened"))
    on("link", "copy", Input(ids.COPY_LINK, "n_clicks"))
    on("exportMenu", "open", Input(ids.EXPORT, "n_clicks"))
    on("noting", "open", Input(ids.NOTE, "n_clicks"))
    on("story", "fold", Input(ids.STORY_FOLD, "n_clicks"))
    on("more", "turn", Input(ids.STORY_MORE, "n_clicks"))
    on("workbench", "fold", Input(ids.EXPERIMENT_FOLD, "n_clicks"))
    on("altered", "asTold", Input(ids.AS_TOLD, "n_clicks"))
    on("tour", "start", Input(ids.TOUR_START, "n_clicks"))
    on("tour", "back", Input(ids.TOUR_BACK, "n_clicks"))
    on("tour", "next", Input(ids.TOUR_NEXT, "n_clicks"))
    on("tour", "leave", Input(ids.TOUR_LEAVE, "n_clicks"))
    on("figure_end", "go_on", Input(ids.GO_ON, "n_clicks"))
    on("figure_end", "watch_again", Input(ids.WATCH_AGAIN, "n_clicks"))
    on("figure_end", "next_figure", Input(ids.NEXT_FIGURE, "n_clicks"))
    on("figure_end", "close", Input(ids.CLOSE_FIGURE_END, "n_clicks"))
