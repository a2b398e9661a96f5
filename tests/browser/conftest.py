"""What the browser tests share: the system's Chromium, one server, and a page that may not complain."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from dashboard_page import DESKTOP, PATIENCE, DashboardPage, Watch
from live_server import LiveServer


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
    """Close every page but the empty one, and take away all that pages have kept or were permitted."""
    empty, *pages = context.pages
    for page in pages:
        page.close()
    context.clear_permissions()
    session = context.new_cdp_session(empty)
    kinds = "cookies,local_storage,indexeddb,cache_storage,service_workers,websql,file_systems"
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": kinds})
    session.detach()


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def shared_server() -> Iterator[LiveServer]:
    server = LiveServer("--preset", "quick", "--threads", "1", "--paused")
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: LiveServer) -> LiveServer:
    """The shared server, paused at step 0 of the quick preset with seed 0."""
    shared_server.put_into_known_state()
    return shared_server


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test when a page complained, or asked for anything from elsewhere."""
    watching = Watch()
    yield watching
    assert watching.problems == []


@pytest.fixture
def page(page: Page, watch: Watch) -> Page:
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(2 * PATIENCE)
    watch.attach(page)
    return page


@pytest.fixture
def dashboard(page: Page, server: LiveServer, watch: Watch) -> DashboardPage:
    """The page on the shared server, not opened yet: the test may train first."""
    return DashboardPage(page, server, watch)
