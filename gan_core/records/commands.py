"""What the browser may ask of the trainer, and how queued commands coalesce.

Pure: no threads, no networks. `parse` turns a request's JSON into a command or raises ValueError with a sentence for
the person who asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gan_core.records.condition import Condition, read_condition
from gan_core.records.steps import Change
from gan_core.setup.config import (
    BOUNDS,
    FRAME_RATE,
    LOOKING_SHARE,
    GANConfig,
    HyperParameters,
    read_field,
    read_updates,
)
from gan_core.setup.limits import (
    MAX_ASKED_BATCH,
    MAX_ASKED_LAYERS,
    MAX_ASKED_UNITS,
    MAX_REPEATED_CHANGES,
    MAX_STEP,
    MAX_STEPS_AT_ONCE,
    MAX_STEPS_PER_FRAME,
    check_run,
    check_seed,
    check_step,
    check_whole_number,
)
from gan_core.setup.plane import Plane, read_plane
from gan_core.setup.presets import Preset, find_preset

PLAYERS = ("d", "g")


@dataclass(frozen=True)
class SetValues:
    """Change live hyper-parameters from the next step on."""

    values: Mapping[str, float]


@dataclass(frozen=True)
class SetLooking:
    """Change the share of time that may go into frames."""

    share: float


@dataclass(frozen=True)
class SetPace:
    """Show every `steps`-th step while somebody watches, and wait for it to be drawn; None: train at full speed."""

    steps: int | None
    per_second: float | None = None  # frames a second at most: slow motion


@dataclass(frozen=True)
class SetPlane:
    """Show another plane through latent space, of frames to come and of the one that is up."""

    plane: Plane


@dataclass(frozen=True)
class SetPauseWhen:
    """Pause at the first look from now on at which a condition holds; None: at none."""

    condition: Condition | None


@dataclass(frozen=True)
class Play:
    """Train until told otherwise."""


@dataclass(frozen=True)
class Pause:
    """Stop training after the current step; no weight changes."""


@dataclass(frozen=True)
class StepOnce:
    """Train `count` steps, then pause. With `only`, "d" or "g", that player alone moves in them."""

    count: int = 1
    only: str | None = None


@dataclass(frozen=True)
class Tell:
    """Take the next step apart, and leave all as it is. It has a request of its own: the answer is the step, told."""


@dataclass(frozen=True)
class Restart:
    """Begin a new run at step 0.

    None means: as it is now. So `Restart()` is the same run again, bit for bit: the present experiment, with the values
    that it began with. A preset is begun as it is told, but for the given fields (as text) and values; one that is
    shown with a seed of its own brings it along.
    """

    preset: str | None = None
    seed: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Open:
    """Go on with a recorded run where it stopped; paused."""

    run: str


@dataclass(frozen=True)
class Branch:
    """Begin a new run with what a recorded one was at `step`; paused there.

    With `config`, fields as text that are to be otherwise than that one's, it goes on with all of it that still fits.
    """

    run: str
    step: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Repeat:
    """Begin a run and make the same changes at the same steps, up to `step`; paused there."""

    preset: str
    seed: int
    changes: tuple[Change, ...]
    step: int
    config: Mapping[str, str] = field(default_factory=dict)  # what is not as the preset has it, as text,
    values: Mapping[str, float] = field(default_factory=dict)  # and of the values it begins with
    sweep: str | None = None  # the one of which it was a run


Command = (
    SetValues
    | SetLooking
    | SetPace
    | SetPlane
    | SetPauseWhen
    | Play
    | Pause
    | StepOnce
    | Tell
    | Restart
    | Open
    | Branch
    | Repeat
)


def coalesce(commands: Iterable[Command]) -> list[Command]:
    """Merge neighbours where only the last one counts: a dragged slider becomes its last value.

    The order of commands of different kinds is kept, so the effect is that of applying all of them between two steps.
    """
    merged: list[Command] = []
    for command in commands:
        last = merged[-1] if merged else None
        if isinstance(command, SetValues) and isinstance(last, SetValues):
            merged[-1] = SetValues({**last.values, **command.values})
        elif isinstance(command, SetLooking | SetPace | SetPlane) and type(command) is type(last):
            merged[-1] = command
        else:
            merged.append(command)
    return merged


def parse(request: object) -> Command:
    """Turn a decoded JSON body into a command.

    The body is an object with `do`: "set" (`values`: name to number), "looking" (`share`), "pace" (`steps` a frame, or
    null; perhaps `per_second`: frames a second at most), "plane" (`plane`: [across, up, towards, degrees]),
    "pause-when" (`condition`: a text, or null), "play", "pause", "step" (`count`; perhaps `only`: "d" or "g"), "reset",
    "new-seed" (`seed`), "preset" (`name`), "start", "open" (`run`), "branch" (`run`, `step`) or "repeat" (`preset`,
    `seed`, `changes`: [step, name, value] in order, `step`, perhaps `sweep`: an id). "preset" and "repeat" may have
    `config`, key to text, and `values`, name to number: what is not as the preset has it; "start" both, of what is not
    as the present run began, and "branch" `config`.

    Raises ValueError with one sentence that says what is wrong.
    """
    if not isinstance(request, dict):
        raise ValueError("The request must be a JSON object with a field 'do'.")
    reader = _READERS.get(str(request.get("do")))
    if reader is None:
        raise ValueError(f"Unknown command {request.get('do')!r}; there are {', '.join(_READERS)}.")
    return reader(request)


def _read_set(request: Mapping[str, object]) -> Command:
    values = request.get("values")
    if not isinstance(values, dict) or not values:
        raise ValueError("'set' needs 'values': an object of hyper-parameter names and numbers.")
    unknown = [name for name in values if name not in BOUNDS]
    if unknown:
        raise ValueError(f"There is no hyper-parameter {unknown[0]!r}; there are {', '.join(BOUNDS)}.")
    return SetValues({name: BOUNDS[name].check(name, value) for name, value in values.items()})


def _read_pace(request: Mapping[str, object]) -> Command:
    steps, limit = request.get("steps"), request.get("per_second")
    if steps is None:
        if limit is not None:
            raise ValueError("per_second goes with steps: full speed has no set number of frames a second.")
        return SetPace(None)
    slow = None if limit is None else FRAME_RATE.check("per_second", limit)
    return SetPace(check_whole_number("steps", steps, MAX_STEPS_PER_FRAME), slow)


def _read_pause_when(request: Mapping[str, object]) -> Command:
    text = request.get("condition")
    if text is not None and not isinstance(text, str):
        raise ValueError("'pause-when' needs 'condition': a text such as \"coverage > 0.8\", or null.")
    return SetPauseWhen(None if text is None else read_condition(text))


def _read_step(request: Mapping[str, object]) -> Command:
    only = request.get("only")
    if only not in (None, *PLAYERS):
        raise ValueError(f"only must be one of {', '.join(PLAYERS)}; {str(only)[:40]!r} is not.")
    count = check_whole_number("count", request.get("count", 1), MAX_STEPS_AT_ONCE)
    return StepOnce(count, None if only is None else str(only))


def _read_branch(request: Mapping[str, object]) -> Command:
    return Branch(check_run(request.get("run")), check_step(request.get("step")), _read_config(request))


def _read_start(request: Mapping[str, object]) -> Command:
    values = _read_values(request)
    checked = HyperParameters().changed(values)
    return Restart(config=_read_config(request), values={name: getattr(checked, name) for name in values})


def _read_repeat(request: Mapping[str, object]) -> Command:
    given = request.get("changes", [])
    if not isinstance(given, list) or len(given) > MAX_REPEATED_CHANGES:
        raise ValueError(f"changes must be a list of at most {MAX_REPEATED_CHANGES} changes.")
    preset, config, begun = _read_experiment(request, "preset")
    values, changes, last = {**vars(preset.values), **begun}, [], 1
    for entry in given:
        if not isinstance(entry, list) or len(entry) != 3 or entry[1] not in BOUNDS:
            raise ValueError(f"A change must be [step, name, value] with a name of {', '.join(BOUNDS)}.")
        step, name, value = check_whole_number("a change's step", entry[0], MAX_STEP), str(entry[1]), entry[2]
        if step < last:
            raise ValueError("The changes must come in the order of their steps.")
        new, last = BOUNDS[name].check(name, value), step
        changes.append(Change(step, name, values[name], new))
        values[name] = new
    seed, step = check_seed(request.get("seed")), check_step(request.get("step"))
    sweep = None if request.get("sweep") is None else check_run(request.get("sweep"))
    return Repeat(preset.name, seed, tuple(changes), step, config, begun, sweep)


def check_size(config: GANConfig, asked: Mapping[str, str]) -> None:
    """Raise ValueError for more than a page, and so a link, may ask of the machine of whoever follows it."""
    for name, network in config.networks.items():
        if name in asked and (len(network.units) > MAX_ASKED_LAYERS or network.widest > MAX_ASKED_UNITS):
            raise ValueError(
                f"{name} may have at most {MAX_ASKED_LAYERS} hidden layers of at most {MAX_ASKED_UNITS} units here; "
                "`python -m gan_core train --config` takes more."
            )
    if "batch" in asked and config.batch > MAX_ASKED_BATCH:
        raise ValueError(
            f"batch may be at most {MAX_ASKED_BATCH} here; `python -m gan_core train --config` takes more."
        )


def _read_preset(request: Mapping[str, object]) -> Command:
    preset, config, values = _read_experiment(request, "name")
    return Restart(preset=preset.name, config=config, values=values)


def _read_experiment(request: Mapping[str, object], name: str) -> tuple[Preset, dict[str, str], dict[str, float]]:
    """A preset, by the field `name` of a request, and what is not as it has it."""
    preset = find_preset(str(request.get(name)))
    config, values = _read_config(request), _read_values(request)
    altered = preset.altered(config, values)  # its checks of names and ranges
    check_size(altered.config, config)
    return preset, config, {each: getattr(altered.values, each) for each in values}


def _read_config(request: Mapping[str, object]) -> dict[str, str]:
    config = request.get("config", {})
    if not isinstance(config, dict) or not all(isinstance(text, str) for text in config.values()):
        raise ValueError('\'config\' must be an object of keys and texts, as in {"batch": "64"}.')
    for name, text in config.items():
        if name == "updates":  # of links from before it was two live values
            read_updates(text)
        else:
            read_field(name, text)
    return dict(config)


def _read_values(request: Mapping[str, object]) -> dict[str, float]:
    values = request.get("values", {})
    if not isinstance(values, dict):
        raise ValueError("'values' must be an object of hyper-parameter names and numbers.")
    return dict(values)


_READERS = {
    "set": _read_set,
    "looking": lambda request: SetLooking(LOOKING_SHARE.check("share", request.get("share"))),
    "pace": _read_pace,
    "plane": lambda request: SetPlane(read_plane(request.get("plane"))),
    "pause-when": _read_pause_when,
    "play": lambda request: Play(),
    "pause": lambda request: Pause(),
    "step": _read_step,
    "reset": lambda request: Restart(),
    "new-seed": lambda request: Restart(seed=check_seed(request.get("seed"))),
    "preset": _read_preset,
    "start": _read_start,
    "open": lambda request: Open(check_run(request.get("run"))),
    "branch": _read_branch,
    "repeat": _read_repeat,
}
