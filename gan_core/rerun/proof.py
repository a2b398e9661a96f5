"""The proof of a recorded run: trained again, and every checkpoint and row of metrics held against the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain

import torch

from gan_core.recording.file.checkpoint import fingerprint, pack_state, unpack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.records.outcomes import Cancelled, Verdict
from gan_core.rerun.recorded import Recorded, stored
from gan_core.rerun.retrace import Report, engine_for, retrained
from gan_core.setup.recipe import Recipe
from gan_core.system.machine import machine
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine


def verify(file: RunFile, report: Report | None = None, *, threads: int | None = None) -> Verdict:
    """Train the whole run again, and hold every checkpoint and every row of metrics against what is recorded.

    Stops at the first difference. The initial weights are drawn anew if the run's beginning is in the file.
    Raises ValueError with a sentence when this machine cannot compute as the run did, and Cancelled when `report` says
    so.
    """
    engine = engine_for(file.recipe, threads=threads)
    proof = _Proof(file, engine)
    mismatch = proof.run(report)
    note = _differences(file.recipe, engine)
    if mismatch and not proof.damaged:
        differs = say("proof.differs", mismatch=mismatch, note=note)
        mismatch = differs if note else say("proof.altered", mismatch=mismatch)
    return Verdict(proof.steps, proof.checkpoints, proof.rows, mismatch, note)


class _Proof:
    """A whole run, trained again."""

    def __init__(self, file: RunFile, engine: GANEngine) -> None:
        self._file, self._engine = file, engine
        self.steps = self.checkpoints = self.rows = 0
        self.damaged = False

    def run(self, report: Report | None) -> str:
        """Compare everything. Returns the first difference in a sentence, or nothing."""
        try:
            return next(filter(None, self._differences_on_the_way(report)), "")
        except FloatingPointError as error:
            return str(error)
        except (ValueError, sqlite3.Error) as error:
            self.damaged = True
            return say("proof.unreadable", step=self._engine.steps, why=str(error))

    def _differences_on_the_way(self, report: Report | None) -> Iterator[str]:
        file, engine = self._file, self._engine
        first, last, changes = file.first_step(), file.last_step(), file.changes()
        fingerprints = {step: known for step, known in file.fingerprints().items() if step <= last}
        if first or file.weights:  # a part of a longer run, or one that began with weights that were not drawn
            packed = stored(file, first)
            if packed is None:
                yield self._damage(first)
                return
            engine.restore(unpack_state(packed, engine.config, file.values_at(first)))
        engine.set(**file.values_at(first))
        recorded = Recorded(file, first, last)
        for done in chain([[]], retrained(engine, last, changes, fingerprints)):
            recorded.compare(done)
            self.steps, self.rows = engine.steps - first, recorded.same
            if recorded.differs_at is not None:
                yield say("proof.metrics", step=recorded.differs_at)
            if engine.steps in fingerprints:
                yield self._compare_state(fingerprints[engine.steps])
            if report is not None and not report(self.steps, last - first):
                raise Cancelled

    def _compare_state(self, known: str) -> str:
        step = self._engine.steps
        if step in self._file.checkpoint_steps() and stored(self._file, step) is None:
            return self._damage(step)
        if fingerprint(pack_state(self._engine.state())) != known:
            return say("proof.state", step=step)
        self.checkpoints += 1
        return ""

    def _damage(self, step: int) -> str:
        self.damaged = True
        return say("proof.damaged", step=step)


def _differences(recipe: Recipe, engine: GANEngine) -> str:
    """What is not as it was when the run was recorded, in a sentence; may be empty."""
    then_and_now = (
        ("machine", recipe.machine, machine()),
        ("torch", recipe.torch, str(torch.__version__)),
        ("threads", str(recipe.threads), str(engine.compute.threads)),
    )
    different = [(what, then, now) for what, then, now in then_and_now if then != now]
    if not different:
        return ""
    then = ", ".join(say(f"proof.circumstance.{what}", what=was) for what, was, _ in different)
    now = ", ".join(say(f"proof.circumstance.{what}", what=now) for what, _, now in different)
    return say("proof.circumstances", then=then, now=now)
