"""Begins runs, opens recorded ones and branches off them, and has them written down. On the training thread alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from gan_core.live.receipt import refusing
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder, new_id
from gan_core.recording.keeping import Opened, leave, take_up, write_down
from gan_core.recording.place import trouble
from gan_core.recording.recorder import Recorder
from gan_core.recording.start import branch_off
from gan_core.records.status import Recording
from gan_core.rerun.otherwise import branch_otherwise
from gan_core.run.run import Run, begin
from gan_core.setup.presets import Preset
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine


class Opening:
    """The runs of one session: one after another is taken up, and left."""

    def __init__(
        self,
        folder: RunFolder | None,
        lock: AbstractContextManager[Any],
        make_engine: Callable[..., GANEngine],
        options: Mapping[str, Any],
        wall_clock: Callable[[], float],
    ) -> None:
        """`options` are what `make_engine` is given for new runs."""
        self._folder, self._lock = folder, lock
        self._make_engine, self._options, self._wall_clock = make_engine, options, wall_clock
        self._late: list[Recorder] = []  # of runs before, whose files another program has locked
        self.recorder: Recorder | None = None  # of the present run; written under the lock

    def begin(self, preset: Preset, seed: int, number: int, sweep: str | None = None) -> Opened:
        """Make a new run at step 0, perhaps one of a sweep's. Raises ValueError for what this machine cannot meet."""
        created = self._wall_clock()
        name = new_id(created)
        run = begin(
            preset,
            seed,
            run_id=name,
            created=created,
            number=number,
            sweep=sweep,
            lock=self._lock,
            make_engine=self._make_engine,
            **self._options,
        )
        if self._folder is None:
            return Opened(run)
        path = self._folder.path(name)
        return Opened(run, lambda: RunFile.create(path, run.recipe), trouble=trouble(self._folder.folder))

    def go_on_with(self, name: str, number: int, present: str, note: str | None = None) -> Opened:
        """Open a recorded run at its newest checkpoint, on the way to its last step. Raises Refusal.

        `note` is what the visitor should know of it.
        """
        with refusing():
            folder = self._recorded()
            if self.recorder is not None and name == present:
                raise ValueError(say("refusal.is-open"))
            opened = take_up(folder.path(name), number, self._lock, self._make_engine)
        opened.run.note = note
        return opened

    def branch(self, parent: str, step: int, config: Mapping[str, str], present: Run) -> tuple[str, str | None]:
        """Write a new run that begins as another one was up to `step`, and goes on with these fields otherwise.

        Returns its name, and what of that one was kept if not all is as it was. Raises Refusal.
        """
        is_present = self.recorder is not None and parent == present.info.id
        if self.recorder is not None and is_present:
            self.recorder.flush()
        created = self._wall_clock()
        name, kept = new_id(created), None
        with refusing():
            if config:
                standing = present.engine if is_present else None
                whole = (self._recorded(), parent, step, config, name, created, self._make_engine)
                kept = branch_otherwise(*whole, standing=standing, **self._options)
            else:
                branch_off(self._recorded(), parent, step, name, created)
        return name, kept

    def record(self, opened: Opened) -> None:
        """Write down what becomes of a run from now on."""
        if self._folder is None:
            return
        recorder = write_down(opened, self._folder.limit)
        with self._lock:
            self.recorder = recorder

    def leave(self, run: Run, *, failed: bool) -> None:
        """Write what is left of the present run, the state in which it stops included."""
        recorder = self.recorder
        if recorder is None:
            return
        if not leave(run, recorder, failed=failed):
            self._late.append(recorder)
        with self._lock:
            self.recorder = run.keeper = None

    def close(self) -> None:
        """Wait for what is still to be written."""
        for recorder in self._late:
            recorder.give_up_after()

    def state(self) -> Recording | None:
        """How the recording of the present run stands; None if it is not recorded. With the lock held."""
        return self.recorder.state() if self.recorder is not None else None

    def _recorded(self) -> RunFolder:
        if self._folder is None:
            raise ValueError(say("refusal.not-recorded"))
        return self._folder
