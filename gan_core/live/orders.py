"""What each command does to a session, between two steps. A new command is one function and one entry of APPLY."""

from __future__ import annotations

from collections.abc import Callable

from gan_core.live.receipt import Refusal, refusing
from gan_core.live.tempo import Pace
from gan_core.live.trainer import Trainer
from gan_core.looking.told import tell
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
    SetPauseWhen,
    SetPlane,
    SetValues,
    StepOnce,
    Tell,
    check_size,
)
from gan_core.records.status import Phase
from gan_core.setup.presets import find_preset
from gan_core.setup.recipe import preset_of
from gan_core.texts.catalogue import say
from gan_core.training.apart import can_be_told, fits
from gan_core.training.known import check_changes
from gan_core.wire.told import encode_told


def set_values(trainer: Trainer, command: SetValues) -> None:
    """Change live hyper-parameters from the next step on."""
    _refuse_on_its_way(trainer)
    with refusing():
        trainer.run.change(command.values)


def set_looking(trainer: Trainer, command: SetLooking) -> None:
    """Change the share of time that may go into frames."""
    trainer.looker.budget.share = command.share


def set_pace(trainer: Trainer, command: SetPace) -> None:
    """Show every n-th step, or train at full speed."""
    trainer.looker.tempo.chosen = Pace(command.steps, command.per_second)


def set_plane(trainer: Trainer, command: SetPlane) -> None:
    """Show another plane through latent space."""
    dim = trainer.run.engine.config.latent_dim
    if not command.plane.fits(dim):
        raise Refusal(say("refusal.no-plane", dim=dim))
    trainer.looker.show_plane(command.plane)


def set_pause_when(trainer: Trainer, command: SetPauseWhen) -> None:
    """Pause where a condition holds."""
    with refusing():
        trainer.pausing.wait_for(command.condition, trainer.run)


def play(trainer: Trainer, command: Play) -> None:
    """Train until told otherwise."""
    _refuse_at_the_end(trainer)
    if trainer.at_figure_end():
        trainer.figure_end = None
    trainer.go()


def pause(trainer: Trainer, command: Pause) -> None:
    """Stop after the current step."""
    if trainer.phase is not Phase.FAILED:
        trainer.phase, trainer.steps_to_go = Phase.PAUSED, 0
        trainer.looker.show_present_step()


def step_once(trainer: Trainer, command: StepOnce) -> None:
    """Train some steps more, perhaps of one player alone, then pause."""
    _refuse_at_the_end(trainer)
    if command.only is not None:
        _refuse_on_its_way(trainer)
        with refusing():
            trainer.train_only(command.only)
    if trainer.phase is not Phase.FAILED:
        trainer.phase = Phase.PAUSED
        trainer.looker.stop_sharpening()
        trainer.pausing.went_on()
        trainer.steps_to_go += command.count


def tell_step(trainer: Trainer, command: Tell) -> bytes:
    """Take the next step apart, of a run that stands still."""
    _refuse_at_the_end(trainer)
    run = trainer.run
    if trainer.phase is not Phase.PAUSED or trainer.steps_to_go or run.repeats():
        raise Refusal(say("refusal.told-paused"))
    if not can_be_told(run.engine.config):
        raise Refusal(say("why-not.told"))
    if run.engine.compute.device.type != "cpu":
        raise Refusal(say("refusal.told-cuda"))
    if not fits(run.engine):
        raise Refusal(say("refusal.told-large"))
    try:
        return encode_told(tell(run.engine, run.number))
    except FloatingPointError:
        raise Refusal(say("refusal.told-not-finite", step=run.step + 1)) from None
    except (MemoryError, RuntimeError) as error:  # torch says so for want of memory; the run itself is as it was
        raise Refusal(say("refusal.told-failed", why=str(error) or type(error).__name__)) from None


def restart(trainer: Trainer, command: Restart) -> None:
    """Begin a new run."""
    run = trainer.run
    with refusing():
        begun = preset_of(run.recipe) if command.preset is None else find_preset(command.preset)
        experiment = begun.altered(command.config, command.values)
        check_size(experiment.config, command.config)
        seeds = (command.seed, begun.seed if command.preset else None, run.info.seed)
        seed = next(seed for seed in seeds if seed is not None)
        opened = trainer.opening.begin(experiment, seed, run.number + 1)
    stopped_by_itself = trainer.phase is Phase.FAILED or trainer.at_figure_end()
    trainer.enter(opened)
    if stopped_by_itself:
        trainer.phase = Phase.TRAINING
    trainer.look()


def open_run(trainer: Trainer, command: Open) -> None:
    """Take up a recorded run."""
    _go_on_with(trainer, command.run)


def branch(trainer: Trainer, command: Branch) -> None:
    """Begin a new run as another one was at a step. Everything that can go wrong does so before the present is left."""
    _go_on_with(trainer, *trainer.opening.branch(command.run, command.step, command.config, trainer.run))


def repeat(trainer: Trainer, command: Repeat) -> None:
    """Begin a run and make its changes at their steps, up to one where it pauses."""
    with refusing():
        experiment = find_preset(command.preset).altered(command.config, command.values)
        check_changes(experiment.config, experiment.values, ((change.name, change.new) for change in command.changes))
        opened = trainer.opening.begin(experiment, command.seed, trainer.run.number + 1, command.sweep)
    trainer.enter(opened)
    trainer.figure_end = None
    trainer.look()
    trainer.run.set_out(command.step, command.changes)
    trainer.set_out()


def _go_on_with(trainer: Trainer, name: str, note: str | None = None) -> None:
    """Take up a recorded run: from its newest checkpoint to its last step, and pause there."""
    trainer.enter(trainer.opening.go_on_with(name, trainer.run.number + 1, trainer.run.info.id, note))
    trainer.looker.show_newest()
    trainer.set_out()


def _refuse_on_its_way(trainer: Trainer) -> None:
    if trainer.run.repeats():
        raise Refusal(say("refusal.on-its-way", step=trainer.run.journey.known))


def _refuse_at_the_end(trainer: Trainer) -> None:
    if trainer.run.at_the_end():
        raise Refusal(say("refusal.at-the-end"))


# What comes back is the answer to a command that asks for something.
APPLY: dict[type[Command], Callable[..., bytes | None]] = {
    SetValues: set_values,
    SetLooking: set_looking,
    SetPace: set_pace,
    SetPlane: set_plane,
    SetPauseWhen: set_pause_when,
    Play: play,
    Pause: pause,
    StepOnce: step_once,
    Tell: tell_step,
    Restart: restart,
    Open: open_run,
    Branch: branch,
    Repeat: repeat,
}
