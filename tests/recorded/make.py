"""Records one small run with the code of the checkout that is on the path: `make.py FILE [SCENARIO]`.

It uses only what the code of every form so far has: copy it into a checkout of an older version to record one there.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import gan_core.run.run
from gan_core.live.session import TrainingSession
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import SetValues, StepOnce
from gan_core.setup.config import sized
from gan_core.setup.presets import PRESETS

SMALL = {"width": 16, "depth": 2, "batch": 32}  # in the place of networks that would take a megabyte a checkpoint
BEGUN = 1_767_225_600.0  # seconds since the epoch: no clock's time, so that two files differ in their form alone
CHANGED = {"lr_g": 0.0005, "beta1_d": 0.7}  # after half of the steps
LOOKS = (10, 10, 10, 10)  # steps from one kept frame to the next


def main(path: Path, scenario: str = "quick") -> None:
    preset = PRESETS[scenario]
    if preset.config.widest > 64:
        PRESETS._entries[scenario] = replace(preset, config=sized(**SMALL))
    gan_core.run.run.machine = lambda: "the machine that recorded this"
    with tempfile.TemporaryDirectory() as folder:
        session = TrainingSession(
            scenario,
            3,
            device="cpu",
            precision="float32",
            threads=1,
            paused=True,
            runs=RunFolder(Path(folder)),
            wall_clock=lambda: BEGUN,
        )
        session.start()
        step = 0
        for count in LOOKS:
            if 2 * step == sum(LOOKS):
                _obey(session, SetValues(CHANGED))
            step += count
            _obey(session, StepOnce(count))
            while session.status().step < step:
                _obey(session, SetValues({}))
        session.close()
        (run,) = Path(folder).glob("*.sqlite")
        with closing(sqlite3.connect(run)) as db:
            if preset.config.widest == 64:  # a checkpoint of these takes 200 kB: the first and the last will do
                db.execute("DELETE FROM checkpoints WHERE step NOT IN (0, ?)", (step,))
                db.commit()
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("VACUUM")
        path.write_bytes(run.read_bytes())


def _obey(session: TrainingSession, command: object) -> None:
    assert session.send(command).wait(60) is not None


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
