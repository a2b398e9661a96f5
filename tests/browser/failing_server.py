"""Serves a session whose first run goes wrong at step 40: `python failing_server.py --port PORT`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gan_core.dashboard.app import create_app
from gan_core.dashboard.http.listen import Server
from gan_core.live.session import TrainingSession
from gan_core.records.steps import StepMetrics
from gan_core.training.engine import GANEngine
from gan_core.training.known import CHOICES

FAILS_AT = 40


class FailingEngine(GANEngine):
    """Trains as usual until step 40, where the discriminator's loss is not a number; only the first one made."""

    made = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        FailingEngine.made += 1
        self.first = FailingEngine.made == 1

    def advance(self, count: int) -> list[StepMetrics]:
        steps = super().advance(count)
        return [replace(m, d_loss=float("nan")) if self.first and m.step == FAILS_AT else m for m in steps]


def main() -> None:
    port = int(sys.argv[sys.argv.index("--port") + 1])
    session = TrainingSession("quick", paused=True, threads=1, make_engine=FailingEngine)
    server = Server(create_app(session, choices=CHOICES).server, "127.0.0.1", port)
    session.start()
    print("GANscope is on", f"http://127.0.0.1:{port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
