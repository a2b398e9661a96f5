"""GANscope's server: reads its options, builds the session and the dashboard, and serves until it is told to stop.

The command `ganscope` is `command`; `python -m gan_core.serve` and, in a checkout, `python app.py` are the same.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gan_core.cli.options import ServerOptions, parse_server_options, read_token
from gan_core.sandbox import tether
from gan_core.system.child import ENDING
from gan_core.texts.catalogue import use

if TYPE_CHECKING:
    from gan_core.dashboard.http.listen import Server

LINKS = "GANSCOPE_LINKS"  # environment: path of the start page that links lead to, where it is not the page's own


def main(prog: str = "ganscope") -> int:
    """Serve until Ctrl-C or SIGTERM, called as `prog`. Returns the exit status."""
    _on_signal(lambda: os._exit(0))  # while it loads nothing is open yet
    options = parse_server_options(sys.argv[1:], os.environ, prog)
    use(options.language)
    tether.tie(os.environ)
    try:
        return _serve_visitors(options) if options.sandbox else _serve_session(options)
    except ValueError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}. "
            "Stop what uses the port, or choose another with --port."
        )


def _serve_session(options: ServerOptions) -> int:
    """One session for all who come."""
    from gan_core.system.collector import rest, spare

    rest()
    # After the options are known to be good: these take seconds to load.
    from gan_core.dashboard.app import create_app
    from gan_core.dashboard.http.admission import Admission
    from gan_core.dashboard.http.listen import Server
    from gan_core.dashboard.http.present import Presenting
    from gan_core.dashboard.http.view import Archive
    from gan_core.datasets.folder import BESIDE_RUNS, look_in
    from gan_core.export.service import BESIDE_RUNS as EXPORTS
    from gan_core.export.service import Exports
    from gan_core.live.session import TrainingSession
    from gan_core.papers.service import BESIDE_RUNS as TABLES
    from gan_core.papers.service import Tables
    from gan_core.recording.file.run_folder import RunFolder
    from gan_core.recording.library import Library
    from gan_core.recording.place import trouble
    from gan_core.recording.stored import StoredRuns
    from gan_core.rerun.process import Reruns
    from gan_core.sweep.line import Line
    from gan_core.sweep.service import BESIDE_RUNS as SWEEPS
    from gan_core.sweep.service import Sweeps
    from gan_core.system.machine import cores
    from gan_core.training.known import CHOICES, complete_presets

    presenting = Presenting(read_token(os.environ)) if options.present else None
    folder = RunFolder(options.runs.absolute(), limit=int(options.run_limit * 1e9))
    if (why := trouble(folder.folder)) is not None:
        print(f"ganscope: {why}", file=sys.stderr)
    look_in(folder.folder / BESIDE_RUNS)

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
    exports = Exports(folder.folder / EXPORTS, archive.library.path)
    line = Line(cores())
    app = create_app(
        session,
        archive,
        choices=CHOICES,
        sweeps=Sweeps(folder.folder / SWEEPS, line),
        tables=Tables(folder.folder / TABLES, line),
        exports=exports,
        admission=Admission(options.host, options.allow_host, options.allow_origin, options.trust_proxy),
        ancestors=options.frame_ancestor,
        base=options.base_path,
        links=os.environ.get(LINKS),
        presenting=presenting,
    )
    server = Server(app.server, options.host, options.port)

    # From here on a signal raises nothing, wherever it meets the program: a second one must not break into the closing.
    _on_signal(server.stop)
    first, *others = addresses = _addresses(server, options.base_path)
    _say_where(first, others)
    if presenting is not None:
        print(f"Everybody watches; to steer, open {addresses[-1].rstrip('/')}/?token={presenting.token}", flush=True)
    spare()
    session.start()
    line.start()
    try:
        server.run()
    finally:
        session.close()
        reruns.close()
        exports.close()
        line.close()
        server.close()
    return 0


def _serve_visitors(options: ServerOptions) -> int:
    """A session for each who comes (--sandbox): servers of their own, each a process, behind this one."""
    from gan_core.dashboard.http.admission import Admission
    from gan_core.dashboard.http.guard import refused
    from gan_core.dashboard.http.listen import Server
    from gan_core.sandbox.child import Child
    from gan_core.sandbox.front import ROOM, Front
    from gan_core.sandbox.shares import Share, here, shares
    from gan_core.sandbox.visitors import BESIDE_RUNS, Visitors

    environ = {name: value for name, value in os.environ.items() if name not in ("GANSCOPE_SANDBOX", "GANSCOPE_PORT")}

    async def start(token: str, folder: Path, share: Share) -> Child:
        base = f"{options.base_path}{ROOM}{token}"
        command = [sys.executable, "-m", "gan_core.serve", *_options_of_a_visitor(options, base, folder)]
        return await Child.started(command, {**environ, LINKS: options.base_path or "/"}, share)

    visitors = Visitors(shares(options.sandbox, *here()), options.runs.absolute() / BESIDE_RUNS, start)
    admission = Admission(options.host, options.allow_host, options.allow_origin, options.trust_proxy)
    front = Front(visitors, lambda scope: refused(scope, admission), options.base_path)
    server = Server(front, options.host, options.port, lifespan=True)
    _on_signal(server.stop)
    first, *others = _addresses(server, options.base_path)
    _say_where(first, others)
    print(f"Up to {options.sandbox} visitors have a session each.", flush=True)
    try:
        server.run()
    finally:
        server.close()
    return 0


def _options_of_a_visitor(options: ServerOptions, base: str, folder: Path) -> list[str]:
    """What a visitor's server is started with: what this one was, but for where it is and whom it lets in."""
    given: dict[str, object] = {
        "host": "127.0.0.1",
        "port": 0,
        "base-path": base,
        "runs": folder,
        **{name: getattr(options, name) for name in ("preset", "seed", "device", "precision", "language")},
        "run-limit": options.run_limit,
        **({"threads": options.threads} if options.threads else {}),
    }
    flags = [f"--{name}" for name in ("paused", "no-wait") if getattr(options, name.replace("-", "_"))]
    framed = [part for one in options.frame_ancestor for part in ("--frame-ancestor", one)]
    return [part for name, value in given.items() for part in (f"--{name}", str(value))] + flags + framed


def command(prog: str = "ganscope") -> NoReturn:
    """Serve, and end the process with the exit status."""
    status = main(prog)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # not sys.exit: everything is closed, and taking torch apart would take seconds


def _on_signal(act: Callable[[], None]) -> None:
    for signum in (signal.SIGINT, *ENDING):
        signal.signal(signum, lambda signum, frame: act())


def _addresses(server: Server, base: str) -> list[str]:
    """Where it is reached, this machine's own name first."""
    from gan_core.system.addresses import Host, reached_at

    below = f"{base}/" if base else ""
    return [f"http://{Host(name, port)}{below}" for address, port in server.addresses for name in reached_at(address)]


def _say_where(first: str, others: Iterable[str]) -> None:
    print(f"GANscope is on {first}  (Ctrl-C ends it)", *(f"      and on {one}" for one in others), sep="\n", flush=True)


def _refuse(sentence: str) -> int:
    print(f"ganscope: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    command()
