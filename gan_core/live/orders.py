"""What each command does to a session, between two steps. A new command is one function and one entry of APPLY."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gan_core.live.receipt import Refusal, refusing
from gan_core.live.tempo import Pace
from gan_core.records.commands import (
    Branch,
    Command,
    Open,
    Pause,
    Play,
    Repeat,
    Restart,
    SetLooking,
    SetPace,
    SetPlane,
    SetValues,
    StepOnce,
    check_size,
)
from gan_core.records.status import Phase
from gan_core.setup.presets import find_preset
from gan_core.setup.recipe import preset_of
from gan_core.texts.catalogue import say
from gan_core.training.known import check_changes

if TYPE_CHECKING:
    from gan_core.live.session import TrainingSession


def set_values(session: TrainingSession, command: SetValues) -> None:
    """Change live hyper-parameters from the next step on."""
    if session.run.repeats():
        raise Refusal(say("refusal.on-its-way", step=session.run.journey.known))
    with refusing():
        session.run.change(command.values)


def set_looking(session: TrainingSession, command: SetLooking) -> None:
    """Change the share of time that may go into frames."""
    session.looker.budget.share = command.share


def set_pace(session: TrainingSession, command: SetPace) -> None:
    """Show every n-th step, or train at full speed."""
    session.looker.tempo.chosen = Pace(command.steps, command.per_second)


def set_plane(session: TrainingSession, command: SetPlane) -> None:
    """Show another plane through latent space."""
    dim = session.run.engine.config.latent_dim
    if not command.plane.fits(dim):
        raise Refusal(say("refusal.no-plane", dim=dim))
    session.looker.show_plane(command.plane)


def play(session: TrainingSession, command: Play) -> None:
    """Train until told otherwise."""
    _refuse_at_the_end(session)
    if session.at_figure_end():
        session.figure_end = None
    session.go()


def pause(session: TrainingSession, command: Pause) -> None:
    """Stop after the current step."""
    if session.phase is not Phase.FAILED:
        session.phase, session.steps_to_go = Phase.PAUSED, 0
        session.looker.show_present_step()


def step_once(session: TrainingSession, command: StepOnce) -> None:
    """Train some steps more, then pause."""
    _refuse_at_the_end(session)
    if session.phase is not Phase.FAILED:
        session.phase = Phase.PAUSED
        session.looker.stop_sharpening()
        session.steps_to_go += command.count


def restart(session: TrainingSession, command: Restart) -> None:
    """Begin a new run."""
    run = session.run
    with refusing():
        begun = preset_of(run.recipe) if command.preset is None else find_preset(command.preset)
        experiment = begun.altered(command.config, command.values)
        check_size(experiment.config, command.config)
        seeds = (command.seed, begun.seed if command.preset else None, run.info.seed)
        seed = next(seed for seed in seeds if seed is not None)
        opened = session.opening.begin(experiment, seed, run.number + 1)
    stopped_by_itself = session.phase is Phase.FAILED or session.at_figure_end()
    session.enter(opened)
    if stopped_by_itself:
        session.phase = Phase.TRAINING
    session.look()


def open_run(session: TrainingSession, command: Open) -> None:
    """Take up a recorded run."""
    _go_on_with(session, command.run)


def branch(session: TrainingSession, command: Branch) -> None:
    """Begin a new run as another one was at a step. Everything that can go wrong does so before the present is left."""
    _go_on_with(session, *session.opening.branch(command.run, command.step, command.config, session.run))


def repeat(session: TrainingSession, command: Repeat) -> None:
    """Begin a run and make its changes at their steps, up to one where it pauses."""
    with refusing():
        experiment = find_preset(command.preset).altered(command.config, command.values)
        check_changes(experiment.config, experiment.values, ((change.name, change.new) for change in command.changes))
        opened = session.opening.begin(experiment, command.seed, session.run.number + 1)
    session.enter(opened)
    session.figure_end = None
    session.look()
    session.run.set_out(command.step, command.changes)
    session.set_out()


def _go_on_with(session: TrainingSession, name: str, note: str | None = None) -> None:
    """Take up a recorded run: from its newest checkpoint to its last step, and pause there."""
    session.enter(session.opening.go_on_with(name, session.run.number + 1, session.run.info.id, note))
    session.looker.show_newest()
    session.set_out()


def _refuse_at_the_end(session: TrainingSession) -> None:
    if session.run.at_the_end():
        raise Refusal(say("refusal.at-the-end"))


APPLY: dict[type[Command], Callable[..., None]] = {
    SetValues: set_values,
    SetLooking: set_looking,
    SetPace: set_pace,
    SetPlane: set_plane,
    Play: play,
    Pause: pause,
    StepOnce: step_once,
    Restart: restart,
    Open: open_run,
    Branch: branch,
    Repeat: repeat,
}
