"""What the image asks of itself: the Dockerfile's own health check, run beside a server that only answers it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


@pytest.fixture(scope="module")
def check() -> str:
    """The program of the health check."""
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", DOCKERFILE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    python, option, program = json.loads(found[1].replace("\\\n", ""))
    assert (python, option) == ("python", "-c")
    return str(program)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that is well."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/healthz"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    "variables",
    [
        {"PORT": "{port}"},
        {"GANSCOPE_PORT": " {port} ", "PORT": "1"},
        {"GANSCOPE_PORT": "tcp://10.0.0.7:8050"},  # as Kubernetes sets it beside a service of that name: then 8050
        {"GANSCOPE_PORT": ""},
    ],
)
def test_the_health_check_asks_where_the_server_listens(variables: dict[str, str], check: str, port: int) -> None:
    assert "8050" in check
    program = check.replace("8050", str(port))
    given = {name: value.format(port=port) for name, value in variables.items()}
    environment = {name: value for name, value in os.environ.items() if name not in ("PORT", "GANSCOPE_PORT")}
    done = subprocess.run([sys.executable, "-c", program], env=environment | given, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
