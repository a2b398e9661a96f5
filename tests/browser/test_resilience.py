"""What the page does when the server goes away or the training fails, and how the server ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from dashboard_page import SQUARE, DashboardPage, Watch
from live_server import ROOT, LiveServer

FAILING = Path(__file__).parent / "failing_server.py"
PRESSED = Path(__file__).parent / "pressed_server.py"
QUICK = ("--preset", "quick", "--threads", "1")


@pytest.fixture
def own_server() -> Iterator[LiveServer]:
    """A server that the test may kill."""
    server = LiveServer(*QUICK)
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
def failing_server() -> Iterator[LiveServer]:
    server = LiveServer(script=FAILING)
    yield server
    server.stop(signal.SIGKILL)


def test_a_page_carries_on_when_the_server_is_back(own_server: LiveServer, page: Page, watch: Watch) -> None:
    # The browser itself reports every request that finds nobody, or only half an answer.
    watch.tolerate(
        "ERR_CONNECTION_REFUSED",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY_RESPONSE",
        "ERR_SOCKET_NOT_CONNECTED",
        "ERR_CONTENT_LENGTH_MISMATCH",  # killed in the middle of an answer
    )
    own_server.wait_until(lambda status: status["step"] > 300)
    own_server.command("set", values={"lr_g": 0.01})
    dashboard = DashboardPage(page, own_server, watch).open()
    page.evaluate("window.notReloaded = true")
    marks = page.locator("#metrics-panel .annotation-text").filter(has_text="lr_g 0.01")
    expect(marks).to_have_count(1)
    page.keyboard.press("Home")
    dashboard.expect_step(0)
    banner = page.locator("#connection")
    expect(banner).to_be_hidden()

    own_server.stop(signal.SIGKILL)
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("The server does not answer.")
    expect(banner).to_have_attribute("role", "alert")
    # The past that has been looked at is still there, and a command says that it went nowhere.
    dashboard.expect_step(0)
    page.locator("#play-pause").click()
    expect(page.locator("#failure")).to_contain_text("The server does not answer, so this was not applied.")

    own_server.start()
    expect(banner).to_be_hidden()
    assert page.evaluate("window.notReloaded") is True
    own_server.command("pause")
    dashboard.catch_up()
    status = own_server.status()
    dashboard.expect_step(status["step"])
    expect(dashboard.status).to_have_text(f"Paused · step {status['step']:,}")
    expect(page.locator("#failure")).to_be_hidden()
    # Nothing is left of the run before: neither its curves, its changes nor its points.
    expect(marks).to_have_count(0)
    expect(page.locator("#lr-g-value")).to_have_text("0.0002")
    dashboard.until("dash_clientside.rows.count() === argument", len(own_server.metrics()))
    dashboard.until("s.kept.length === argument && s.points.run === s.run", len(own_server.kept()))

    step = own_server.train(7)
    dashboard.expect_step(step)
    # However often it is asked to, while it trains: it ends at once although a page holds requests open.
    own_server.command("play")
    assert own_server.stop(signal.SIGTERM, signal.SIGINT, signal.SIGINT) == 0
    assert "Traceback" not in own_server.stderr
    expect(banner).to_be_visible()


def test_a_run_that_fails(failing_server: LiveServer, page: Page, watch: Watch) -> None:
    server = failing_server
    server.train(10, 10, 10)
    run = server.status()["info"]["run"]
    dashboard = DashboardPage(page, server, watch).open()
    page.locator("#play-pause").click()
    expect(dashboard.status).to_contain_text("Failed")
    sentence = server.status()["error"]
    assert "step 40" in sentence
    assert "discriminator loss is nan" in sentence
    failure = page.locator("#failure")
    expect(failure).to_be_visible()
    expect(failure).to_have_attribute("role", "alert")
    expect(failure).to_have_text(sentence)
    expect(page.locator("#play-pause")).to_be_disabled()
    expect(page.locator("#step-once")).to_be_disabled()

    # The past stays, with all that was good.
    dashboard.until("dash_clientside.rows.count() === 39")
    page.keyboard.press("Home")
    dashboard.expect_step(0)
    dashboard.go_to(12)  # this server records nothing
    words = "nearest kept step 10; nothing is recorded here, so that the steps between cannot be re-run"
    expect(page.locator("#exact-words")).to_have_text(words)
    dashboard.expect_step(10, SQUARE)
    dashboard.go_to(10)
    dashboard.expect_step(10)
    expect(dashboard.status).to_contain_text("Viewing step 10 of 39")
    x, y = dashboard.point("samples", 0.2, 0.1)
    assert dashboard.cursor_data("discriminator") == pytest.approx((x, y), abs=1e-6)
    expect(failure).to_be_visible()

    page.get_by_role("button", name="Reset: Start the same run again").click()
    server.wait_until(lambda status: status["info"]["run"] != run)
    expect(failure).to_be_hidden()
    server.wait_until(lambda status: status["phase"] == "training" and status["step"] > 60)
    expect(dashboard.status).to_contain_text("Training · step ")
    expect(page.locator("#play-pause")).to_be_enabled()
    page.locator("#play-pause").click()
    server.wait_until(lambda status: status["phase"] == "paused")
    dashboard.expect_step(server.status()["step"])


def test_a_hidden_page_asks_for_nothing(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.page
    server.train(5)
    under_way: set[Request] = set()
    asked: list[str] = []

    def begun(request: Request) -> None:
        under_way.add(request)
        asked.append(request.url)

    def ended(request: Request) -> None:
        under_way.discard(request)

    page.on("request", begun)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)

    def turn(hidden: bool) -> None:
        page.evaluate(
            """(hidden) => {
                Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    dashboard.open()
    dashboard.expect_step(5)
    page.evaluate(
        """() => {
            const { poll } = window.dash_clientside;
            const pulse = poll.pulse;
            window.pulses = 0;
            poll.pulse = (...details) => { window.pulses += 1; return pulse(...details); };
        }"""
    )
    turn(hidden=True)
    while under_way:  # what was asked before is answered still
        dashboard.next_frame()
    asked.clear()
    page.evaluate("dash_clientside.set_props('pulse', { interval: 100 })")
    server.command("play")
    server.wait_until(lambda status: status["step"] > 400)
    dashboard.until("window.pulses > 3")  # the page's interval goes on, to no effect
    assert asked == []
    dashboard.expect_step(5)

    server.command("pause")
    turn(hidden=False)
    dashboard.expect_step(server.status()["step"])
    dashboard.until("dash_clientside.rows.count() === argument", len(server.metrics()))


def test_ctrl_c_ends_the_server_on_any_free_port() -> None:
    """However often it is pressed: here twice at once, while the server trains."""
    server = LiveServer(*QUICK, port=0)
    assert server.port > 0, "it says where it listens"
    server.wait_until(lambda status: status["step"] > 3)
    assert server.stop(signal.SIGINT, signal.SIGINT) == 0
    assert server.stderr == ""


def test_ctrl_c_as_soon_as_the_server_listens_and_while_it_closes() -> None:
    server = LiveServer(*QUICK, script=PRESSED)
    assert server.stop(signal.SIGINT, signal.SIGTERM) == 0
    assert server.stderr == "closing session, reruns, server\n"


def test_ctrl_c_while_the_server_loads() -> None:
    with pytest.raises(RuntimeError, match=r"status 0: $"):
        LiveServer(*QUICK, "--while-loading", script=PRESSED)


def test_a_port_that_is_taken(coarse_server: LiveServer) -> None:
    second = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--port", str(coarse_server.port), "--preset", "quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert second.stdout == ""
    (line,) = second.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1:{coarse_server.port}" in line
    assert "--port" in line


def test_the_page_asks_only_its_own_server(dashboard: DashboardPage) -> None:
    """Everything that the page loads comes from the server, and nothing that it asks for is missing."""
    missing: list[str] = []
    dashboard.page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    dashboard.open()
    dashboard.page.get_by_role("button", name="Help and keys (?)").click()
    expect(dashboard.page.get_by_role("dialog")).to_be_visible()
    assert missing == []
    for name in SQUARE:
        expect(dashboard.panel(name)).to_be_visible()
