"""The page in a notebook: a server beside the kernel, started once, and a frame with its page below the cell.

`show()` knows Jupyter, VS Code, JupyterHub with jupyter-server-proxy, and Colab. The server listens on the loopback
address alone and ends with the kernel.
"""

from __future__ import annotations

import atexit
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from gan_core.system.addresses import read_origin

_APP = Path(__file__).resolve().parents[1] / "app.py"
_LOOPBACK = "127.0.0.1"
_PATIENCE = 120.0  # seconds until it has to answer
_BETWEEN = 0.1  # seconds from one look to the next
# Where notebooks are shown on this machine: Jupyter's pages, on whatever port, and VS Code's window.
_FRONTENDS = ("http://localhost:*", "http://127.0.0.1:*", "vscode-webview:", "vscode-file:")
_COLAB = ("https://colab.research.google.com", "https://*.googleusercontent.com")
_PUBLIC = ("JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST")  # where a hub may say which address people know it by


@dataclass
class _Running:
    """A server that was started here."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]  # what it says, refusals among it
    port: int
    asked: tuple[Sequence[str], str | None]  # what it was started with
    path: str  # below which it is shown; "" for its own address

    def ends(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.said.close()


_running: list[_Running] = []  # one, or none


def show(*options: str, base_path: str | None = None, height: int = 800) -> None:
    """Show the dashboard below the cell: that of the server which was started here before, or of a new one.

    `options` are those of `python app.py`, as in show("--preset", "better"); with others than before, that server ends
    and a new one starts. `base_path` is the path below which a proxy shows it, with {port} where its port stands, as in
    "/proxy/{port}"; on JupyterHub it is known. `height` is in CSS pixels. Raises RuntimeError with a sentence where
    there is no notebook, or the server does not start.
    """
    colab = sys.modules.get("google.colab")
    frame = None if colab else _frame_of_ipython()
    asked = (options, base_path)
    if _running and (_running[0].asked != asked or _running[0].process.poll() is not None):
        _running.pop().ends()
    if not _running:
        _running.append(_start(asked, colab))
        atexit.register(_end)
    server = _running[0]
    if colab is not None:
        colab.output.serve_kernel_port_as_iframe(server.port, height=str(height))
    elif frame is not None:
        src = f"{server.path}/" if server.path else f"http://{_LOOPBACK}:{server.port}/"
        frame(src, height)


def _end() -> None:
    while _running:
        _running.pop().ends()


def _frame_of_ipython() -> Any:
    """What puts a frame below the cell."""
    try:
        from IPython.display import IFrame, display
    except ImportError:
        raise RuntimeError("show() is for notebooks; elsewhere `python app.py` starts the dashboard.") from None
    return lambda src, height: display(IFrame(src, "100%", height))


def _start(asked: tuple[Sequence[str], str | None], colab: Any) -> _Running:
    options, base_path = asked
    port = _free_port()
    path, more = _place(port, base_path, colab, os.environ)
    said = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the server runs
    command = [sys.executable, str(_APP), "--host", _LOOPBACK, "--port", str(port), *more, *options]
    # In a session of its own: interrupting a cell is not meant for it.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    server = _Running(process, said, port, asked, path)
    try:
        _wait_for(server)
    except BaseException:
        server.ends()
        raise
    return server


def _place(port: int, base_path: str | None, colab: Any, environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The path below which the page is shown, and the options that let it be shown and steered there."""
    hub = environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
    if colab is not None:  # its page is shown at an address that is made for the port
        origin = _origin(str(colab.output.eval_js(f"google.colab.kernel.proxyPort({port})")))
        return "", [*_each("--allow-origin", [origin] if origin else []), *_each("--frame-ancestor", _COLAB)]
    if base_path is None and hub:
        base_path = f"{hub.rstrip('/')}/proxy/{{port}}"
    path = (base_path or "").rstrip("/").replace("{port}", str(port))
    public = [origin for name in _PUBLIC if (origin := _origin(environ.get(name, "")))] if hub else []
    below = ["--base-path", path] if path else []
    return path, [*below, *_each("--allow-origin", public), *_each("--frame-ancestor", _FRONTENDS)]


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (option, value)]


def _origin(address: str) -> str:
    """The origin of an address; empty when it has none."""
    parts = urlsplit(address)
    return str(read_origin(f"{parts.scheme}://{parts.netloc}") or "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_for(server: _Running) -> None:
    """Return once it answers."""
    deadline = time.monotonic() + _PATIENCE
    while not _answers(server.port):
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.said.seek(0)
            lines = server.said.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError(lines[-1] if lines else "The server does not answer.")
        time.sleep(_BETWEEN)


def _answers(port: int) -> bool:
    # Unlike urllib it never goes through a proxy that the environment names.
    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
