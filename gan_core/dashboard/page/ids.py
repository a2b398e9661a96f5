"""Element ids that Python and the browser's side share, and how to name elements for screen readers."""

from __future__ import annotations

from typing import Any

from gan_core.setup.config import BOUNDS

PROVIDER = "provider"
PULSE = "pulse"
SETTINGS = "settings"

SLIDERS: dict[str, str] = {name: name.replace("_", "-") for name in BOUNDS}  # hyper-parameter -> slider id
LOOKING = "looking-share"
TIMELINE = "timeline"
PRESET = "preset"
PLAY_PAUSE, STEP_ONCE, RESET, NEW_SEED, FOLLOW_LIVE = "play-pause", "step-once", "reset", "new-seed", "follow-live"
REPLAY, REPLAY_SPEED = "replay", "replay-speed"
GO_TO_STEP = "go-to-step"
BRANCH_HERE, BEFORE_CHANGE = "branch-here", "before-change"
GHOST_CURVES, GHOST_FAKES = "ghost-curves", "ghost-fakes"
TRAIL, LOG_STEPS, KEYS = "trail", "log-steps", "keys"
THEME, HELP, HELP_DIALOG = "theme", "help", "help-dialog"
AGAIN_WITH_SEEDS, SWEEP = "again-with-seeds", "sweep"
TELL_STEP = "tell-step"
RUNS, RUNS_DIALOG, COPY_LINK = "runs", "runs-dialog", "copy-link"
EXPORT, NOTE = "export", "note"
STORY_FOLD, STORY_MORE = "story-fold", "story-more"
AS_TOLD, EXPERIMENT_FOLD = "as-told", "experiment-fold"
FIGURE_END, GO_ON, WATCH_AGAIN, NEXT_FIGURE = "figure-end", "go-on", "watch-again", "next-figure"
CLOSE_FIGURE_END = "figure-end-close"
TOUR_START, TOUR_BACK, TOUR_NEXT, TOUR_LEAVE = "tour-start", "tour-back", "tour-next", "tour-leave"


def typed(slider: str) -> str:
    """Id of the field beside a slider in which a value can be typed."""
    return f"{slider}-input"


def back(slider: str) -> str:
    """Id of the button that returns a slider to the preset's value."""
    return f"{slider}-back"


def aria(**values: str) -> dict[str, Any]:
    """Keyword arguments for ARIA attributes: aria(label="x") is `aria-label`."""
    return {f"aria-{name}": value for name, value in values.items()}
