"""What a run says to a condition (`gan_core.records.condition`): which numbers it has, and what they are at a look."""

from __future__ import annotations

import torch

from gan_core.looking.guides import guides
from gan_core.looking.measures.modes import mode_quality
from gan_core.looking.offers import offers
from gan_core.records.arrays import POINT_SCALE
from gan_core.records.condition import LOSSES, OF_MODES, Condition, only_step
from gan_core.records.frames import Snapshot
from gan_core.records.offers import lacking
from gan_core.records.readings import PLACE
from gan_core.run.run import Run
from gan_core.setup.config import GANConfig
from gan_core.texts.catalogue import say
from gan_core.training.tasks import TASKS

_BOTH = ("generator", "discriminator")
_COPIES = ("generator", "held_out")
# What a run must have to offer for a number to be defined at some look at it.
NEEDS: dict[str, tuple[str, ...]] = {
    "d_loss": ("discriminator",),
    "g_loss": ("generator",),
    "coverage": ("strata",),
    "on_band": ("strata",),
    "chase": _BOTH,
    "follow": _BOTH,
    "follow_by_chance": _BOTH,
    "best_d_loss": ("discriminator", "probability", "density"),
    "map_error": ("discriminator", "probability", "density"),
    "corners": ("discriminator", "probability"),
    "called_real": ("discriminator",),
    "memorised": _COPIES,
    "memorised_by_chance": _COPIES,
    "d_gap": (*_BOTH, "held_out"),
    "theta": ("game",),
    "psi": ("game",),
    **dict.fromkeys(OF_MODES, ("modes",)),
}


def check_condition(condition: Condition, config: GANConfig) -> None:
    """Raise ValueError, with a sentence, for a condition that asks for what a run of this configuration never has.

    Also where the parts that the configuration names are not there.
    """
    offered = offers(config)
    for name in sorted(condition.names):
        lack = lacking(NEEDS.get(name, ()), offered)
        if lack is not None:
            raise ValueError(say("condition.not-told", name=name, why=say(f"why-not.{lack}")))
    if "fit_error" in condition.names and config.task != "fit":
        raise ValueError(say("condition.not-told", name="fit_error", why=say("condition.not-fit")))
    if "d_gap" in condition.names and config.packing > 1:
        raise ValueError(say("condition.not-told", name="d_gap", why=say("condition.not-packed")))
    possible = _states(config, "strata" in offered)
    for state in sorted(condition.states):
        if state not in possible:
            raise ValueError(say("condition.not-said", state=state, states=", ".join(possible)))
    step, last = only_step(condition), TASKS[config.task].ends
    if step is not None and last is not None and step > last:
        raise ValueError(say("condition.not-reached", step=step, last=last))


def _states(config: GANConfig, parts: bool) -> tuple[str, ...]:
    """The states that a run can be in; `parts`: whether coverage is told of it."""
    trains = TASKS[config.task].trains
    if len(trains) < 2:
        return ("learning", "learnt", "diverged", "undecided") if trains else ("undecided",)
    won = any(
        guide.modes == guide.of for guide in guides(config)
    )  # else it is not known what D pays where it cannot tell
    told = {
        "covering": parts,
        "hopping": True,
        "collapsed": True,
        "d-has-won": won,
        "diverged": True,
        "undecided": True,
    }
    return tuple(state for state, possible in told.items() if possible)


def holds_at(condition: Condition, run: Run, frame: Snapshot) -> bool:
    """Whether a condition holds of a run at its newest look, which it has taken in.

    Numbers that are not defined at this look are left out. Modes are counted in the fakes of the look; `d_loss` and
    `g_loss` are means over the steps since the look before.
    """
    return condition.holds(facts(condition.names, run, frame), run.chronicle.diagnosis.state)


def facts(names: frozenset[str], run: Run, frame: Snapshot) -> dict[str, float]:
    """The numbers of these names at a run's newest look, as far as they are defined, NaN included."""
    found: dict[str, float] = {"step": float(frame.step)}
    if frame.reading is not None:
        found |= {name: float(frame.reading.values[PLACE[name]]) for name in names & PLACE.keys() - set(LOSSES)}
    look = run.chronicle.newest
    if look is not None and look.step == frame.step:
        found |= dict(zip(LOSSES, (look.d_loss, look.g_loss), strict=True))
    modes = run.engine.target.modes
    if modes is not None and not names.isdisjoint(OF_MODES):
        found |= mode_quality(torch.from_numpy(frame.fakes / POINT_SCALE), modes)
    return {name: found[name] for name in names if name in found}
