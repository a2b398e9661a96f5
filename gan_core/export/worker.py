"""What the process that makes exports does: one after the other, as JSON says that comes through a pipe.

In: {"path", "what", "suffix", "given", "out"}; or {"path", "weights", "out"}: the file of a run that begins with
weights from a file, and otherwise as another run did. Out: {"is": "working", "done", "total"}, and at last
{"is": "done"} or {"is": "failed", "error"}, a sentence.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gan_core.export.asked import read_asked
from gan_core.export.registry import find_export, made
from gan_core.setup.recipe import Recipe, preset_of
from gan_core.system.child import give_way
from gan_core.texts.catalogue import say, use

_TELL = 0.1  # seconds between two words about how far it is


def work(language: str, texts: Path, pipe: Connection) -> None:
    """Answer until the other end is gone: then EOFError or OSError comes out of here."""
    use(language, texts)
    give_way()
    from gan_core.recording.file.run_file import RunFile  # only now: torch takes seconds to load

    while True:
        asked = json.loads(pipe.recv_bytes())
        reply: dict[str, Any] = {"is": "done"}
        try:
            with closing(RunFile.open(Path(asked["path"]))) as run:
                if "weights" in asked:
                    _begin(run.recipe, Path(asked["out"]), Path(asked["weights"]))
                else:
                    wanted = read_asked(asked["suffix"], asked["given"])
                    made(find_export(asked["what"]), run, wanted, Path(asked["out"]), _Teller(pipe))
        except FileNotFoundError:
            reply = {"is": "failed", "error": say("refusal.no-run")}
        except OSError as error:
            reply = {"is": "failed", "error": say("export.not-written", why=str(error.strerror or error))}
        except (ValueError, FloatingPointError) as error:
            reply = {"is": "failed", "error": str(error)}
        except sqlite3.Error as error:
            reply = {"is": "failed", "error": say("rerun.unreadable", why=str(error))}
        except Exception as error:  # whatever it is, the next one may go well
            reply = {"is": "failed", "error": say("rerun.failed", why=f"{type(error).__name__}: {error}"[:300])}
        pipe.send_bytes(json.dumps(reply).encode())


def _begin(recipe: Recipe, path: Path, weights: Path) -> None:
    from gan_core.rerun.weights import begin_with_weights

    how = {"device": recipe.device, "precision": recipe.precision, "threads": recipe.threads}
    begin_with_weights(path, preset_of(recipe), recipe.seed, weights, path.stem, time.time(), **how)


class _Teller:
    """Says now and then how far it is."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._told = pipe, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL:
            self._told = now
            self._pipe.send_bytes(json.dumps({"is": "working", "done": done, "total": total}).encode())
