"""The page in a notebook: which frame goes where, on a real server, beside a notebook that is made up."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gan_core import notebook, show

OPTIONS = ("--preset", "quick", "--threads", "1", "--paused")


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """What was shown, in an IPython that is not there; a server that was started ends."""
    shown: list[Any] = []
    display = ModuleType("IPython.display")
    display.IFrame = lambda src, width, height: SimpleNamespace(src=src, width=width, height=height)  # type: ignore[attr-defined]
    display.display = shown.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setenv("GANSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
    yield shown
    notebook._end()


def policy_at(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        assert "GANscope" in answer.read().decode()
        return str(answer.headers["Content-Security-Policy"])


@pytest.mark.slow
def test_a_frame_shows_the_server_that_was_started(frames: list[Any]) -> None:
    show(*OPTIONS, base_path="/proxy/{port}", height=600)
    (server,) = notebook._running
    show(*OPTIONS, base_path="/proxy/{port}")
    assert notebook._running == [server]  # found again
    sizes = [(frame.src, frame.width, frame.height) for frame in frames]
    assert sizes == [(f"/proxy/{server.port}/", "100%", 600), (f"/proxy/{server.port}/", "100%", 800)]
    policy = policy_at(f"http://127.0.0.1:{server.port}/proxy/{server.port}/")
    assert "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* vscode-webview: vscode-file:;" in policy
    with pytest.raises(RuntimeError, match=r"argument --seed: .*"):
        show("--seed", "none")
    assert server.process.poll() is not None
    assert notebook._running == []


def test_where_there_is_no_notebook_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(RuntimeError, match=r"elsewhere .* starts the dashboard"):
        show()


def test_on_a_hub_it_is_shown_below_its_prefix() -> None:
    environ = {"JUPYTERHUB_SERVICE_PREFIX": "/user/me/", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/me/"}
    path, options = notebook._place(8050, None, None, environ)
    assert path == "/user/me/proxy/8050"
    assert options[:4] == ["--base-path", "/user/me/proxy/8050", "--allow-origin", "https://hub.example"]
    assert notebook._place(8050, "/proxy/absolute/{port}/", None, environ)[0] == "/proxy/absolute/8050"
    assert "--allow-origin" not in notebook._place(8050, None, None, {"JUPYTERHUB_SERVICE_PREFIX": "/"})[1]


@pytest.mark.slow
def test_on_colab_it_is_shown_as_colab_does(frames: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def eval_js(script: str) -> str:
        asked.append(script)
        return "https://abc-8050-colab.googleusercontent.com/"

    served: list[tuple[int, str]] = []
    output = SimpleNamespace(
        eval_js=eval_js, serve_kernel_port_as_iframe=lambda port, height: served.append((port, height))
    )
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(output=output))  # type: ignore[arg-type]
    show(*OPTIONS)
    (server,) = notebook._running
    assert asked == [f"google.colab.kernel.proxyPort({server.port})"]
    assert served == [(server.port, "800")]
    assert frames == []
    assert "https://colab.research.google.com" in policy_at(f"http://127.0.0.1:{server.port}/")
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/command",
        b'{"do": "pause"}',
        {"Content-Type": "application/json", "Origin": "https://abc-8050-colab.googleusercontent.com"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
