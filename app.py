"""GANscope's server: reads its options, builds the session and the dashboard, and serves until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from gan_core.cli.options import parse_server_options
from gan_core.texts.catalogue import use


def main() -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit status."""
    _on_signal(lambda: os._exit(0))  # while it loads nothing is open yet
    options = parse_server_options(sys.argv[1:], os.environ)
    use(options.language)

    # After the options are known to be good: these take seconds to load.
    from gan_core.dashboard.app import create_app
    from gan_core.dashboard.http.admission import Admission
    from gan_core.dashboard.http.listen import Server
    from gan_core.dashboard.http.view import Archive
    from gan_core.datasets.folder import BESIDE_RUNS, look_in
    from gan_core.live.session import TrainingSession
    from gan_core.papers.service import BESIDE_RUNS as TABLES
    from gan_core.papers.service import Tables
    from gan_core.recording.file.run_file import RunFolder
    from gan_core.recording.library import Library
    from gan_core.recording.stored import StoredRuns
    from gan_core.rerun.process import Reruns
    from gan_core.sweep.line import Line
    from gan_core.sweep.service import BESIDE_RUNS as SWEEPS
    from gan_core.sweep.service import Sweeps
    from gan_core.system.addresses import Host, reached_at
    from gan_core.system.collector import spare
    from gan_core.system.machine import cores
    from gan_core.training.known import CHOICES, complete_presets

    folder = RunFolder(options.runs, limit=int(options.run_limit * 1e9))
    look_in(folder.folder / BESIDE_RUNS)

    try:
        complete_presets()
        session = TrainingSession(
            options.preset,
            options.seed,
            device=options.device,
            precision=options.precision,
            threads=options.threads,
            paused=options.paused,
            wait=not options.no_wait,
            runs=folder,
        )
        reruns = Reruns()
        archive = Archive(Library(folder.folder, folder.limit), StoredRuns(folder), reruns)
        line = Line(cores())
        sweeps = Sweeps(folder.folder / SWEEPS, line)
        tables = Tables(folder.folder / TABLES, line)
        app = create_app(
            session,
            archive,
            choices=CHOICES,
            sweeps=sweeps,
            tables=tables,
            admission=Admission(options.host, options.allow_host, options.allow_origin, options.trust_proxy),
            ancestors=options.frame_ancestor,
            base=options.base_path,
        )
        server = Server(app.server, options.host, options.port)
    except ValueError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}. "
            "Stop what uses the port, or choose another with --port."
        )

    # From here on a signal raises nothing, wherever it meets the program: a second one must not break into the closing.
    _on_signal(server.stop)
    below = f"{options.base_path}/" if options.base_path else ""
    first, *others = (
        f"http://{Host(name, port)}{below}" for address, port in server.addresses for name in reached_at(address)
    )
    print(f"GANscope is on {first}  (Ctrl-C ends it)", *(f"      and on {one}" for one in others), sep="\n")
    sys.stdout.flush()
    spare()
    session.start()
    line.start()
    try:
        server.run()
    finally:
        session.close()
        reruns.close()
        line.close()
        server.close()
    return 0


def _on_signal(act: Callable[[], None]) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda signum, frame: act())


def _refuse(sentence: str) -> int:
    print(f"ganscope: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not sys.exit: everything is closed, and taking torch apart would take seconds
