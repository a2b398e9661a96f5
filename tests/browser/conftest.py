"""What the browser tests share: the system's Chromium, one server, and a page that may not complain."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Page, expect

from dashboard_page import DESKTOP, PATIENCE, DashboardPage, Watch
from live_server import COARSE, LiveServer


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's browser, so that none is downloaded."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.fail("The browser tests need chromium or google-chrome on the PATH.")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": browser, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    width, height = DESKTOP
    return {**browser_context_args, "viewport": {"width": width, "height": height}}


@pytest.fixture(scope="session")
def browser(browser_type: BrowserType, browser_type_launch_args: dict, browser_context_args: dict) -> Iterator[Browser]:
    """One with a profile on disk: there it keeps what it has compiled of the scripts, which halves a page's loading."""
    with tempfile.TemporaryDirectory(prefix="ganscope-profile-", ignore_cleanup_errors=True) as profile:
        context = browser_type.launch_persistent_context(profile, **browser_type_launch_args, **browser_context_args)
        assert context.browser is not None
        yield context.browser
        context.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """That profile, which the test finds as if it were new; what is cached and compiled stays.

    A test that needs another kind of screen, or a second browser, makes a context of its own.
    """
    context = browser.contexts[0]
    yield context
    forget(context)


def forget(context: BrowserContext) -> None:
    """Close every tab but the first, which goes blank, and take away all that pages have kept or were permitted."""
    tab, *others = context.pages
    for other in others:
        other.close()
    tab.unroute_all(behavior="ignoreErrors")
    tab.mouse.move(0, 0)
    with suppress(Error):  # a blank page has none
        tab.evaluate("sessionStorage.clear()")
    tab.goto("about:blank")
    tab.emulate_media(color_scheme="null", contrast="null", forced_colors="null", reduced_motion="null")
    width, height = DESKTOP
    tab.set_viewport_size({"width": width, "height": height})
    context.clear_permissions()
    session = context.new_cdp_session(tab)
    kinds = "cookies,local_storage,indexeddb,cache_storage,service_workers,websql,file_systems"
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": kinds})
    session.detach()


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    expect.set_options(timeout=PATIENCE)


QUICK = ("--preset", "quick", "--threads", "1", "--paused")


@pytest.fixture(scope="session")
def coarse_server() -> Iterator[LiveServer]:
    server = LiveServer(*QUICK, script=COARSE)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sharp_server() -> Iterator[LiveServer]:
    server = LiveServer(*QUICK)
    yield server
    server.stop()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> LiveServer:
    """A shared server, paused at step 0 of the quick preset with seed 0.

    Its maps are sharp, as a visitor sees them, only where the test is marked so.
    """
    kind = "sharp" if request.node.get_closest_marker("sharp") else "coarse"
    server: LiveServer = request.getfixturevalue(f"{kind}_server")
    server.put_into_known_state()
    return server


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test when a page complained, or asked for anything from elsewhere."""
    watching = Watch()
    yield watching
    assert watching.problems == []


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """The first tab, blank: a page loads there in two thirds of the time that a new tab takes.

    Scripts that run before those of the page cannot be taken out of a tab again: a test marked own_tab has its own.
    """
    own = request.node.get_closest_marker("own_tab") is not None
    page = context.new_page() if own else context.pages[0]
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(2 * PATIENCE)
    watch.attach(page)
    yield page
    watch.detach(page)


@pytest.fixture
def dashboard(page: Page, server: LiveServer, watch: Watch) -> DashboardPage:
    """The page on the shared server, not opened yet: the test may train first."""
    return DashboardPage(page, server, watch)
