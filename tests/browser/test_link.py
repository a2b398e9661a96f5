"""Links to a step: what is in one, and that another browser shows the same from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dashboard_page import DashboardPage, Watch
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine
from live_server import LiveServer

CHANGES = [(31, "lr_g", 0.01), (31, "beta1_d", 0.25), (51, "lr_g", 0.00015)]
STEP = 60


@pytest.fixture
def server(sharp_server: LiveServer) -> LiveServer:
    """At step 60 of a run with three changes."""
    server = sharp_server
    server.put_into_known_state()
    server.command("new-seed", seed=7)
    server.train(30)
    server.command("set", values={"lr_g": 0.02})  # dragged on the way to what it is trained with
    server.command("set", values={"lr_g": 0.01, "beta1_d": 0.25})
    server.train(20)
    server.command("set", values={"lr_g": 0.00015})
    server.train(10)
    return server


@pytest.fixture
def elsewhere(browser: Browser, server: LiveServer, watch: Watch) -> Iterator[DashboardPage]:
    """A page in a browser of its own, which shares neither storage nor clipboard."""
    context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    watch.attach(page)
    watch.allow(server.origin)
    yield DashboardPage(page, server, watch)
    context.close()


def _notice(page: Page, key: str) -> Locator:
    return page.locator(f'.notice[data-key="{key}"]')


def _straight(until: int) -> np.ndarray[Any, Any]:
    """The oracle: the metrics of the same recipe without a server, a file or a link."""
    engine = GANEngine(PRESETS["quick"], 7, device="cpu", precision="float32", threads=1)
    rows = []
    for step in range(1, until + 1):
        engine.set(**{name: value for at, name, value in CHANGES if at == step})
        m = engine.step()
        rows.append((m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy))
    return np.array(rows, np.float32)


def _arrived(server: LiveServer, step: int) -> dict[str, Any]:
    return server.wait_until(lambda s: s["phase"] == "paused" and s["goal"] is None and s["step"] == step)


def test_a_copied_link_shows_the_same_in_another_browser(
    dashboard: DashboardPage, server: LiveServer, elsewhere: DashboardPage
) -> None:
    page = dashboard.open().page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.origin)
    assert page.evaluate("location.hash") == ""
    dashboard.layer("latent").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    dashboard.next_frame()
    place = dashboard.cursor_data("latent")
    page.keyboard.press("c")
    expect(_notice(page, "copied")).to_contain_text(f"Link copied: it shows step {STEP} and the cursor")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    changes = ",".join(f"{step}.{name}.{value}" for step, name, value in CHANGES)
    parts = link.partition("#")[2].split("&")
    assert parts[:5] == ["v=1", "preset=quick", "seed=7", f"changes={changes}", f"step={STEP}"]
    assert parts[5:] == [f"cursor=latent,{place[0]:g},{place[1]:g}", "as=cpu.float32.1"]

    first, rows = server.status()["info"]["id"], server.metrics()
    np.testing.assert_array_equal(rows, _straight(STEP))
    frame = dashboard.sharp()
    server.command("new-seed", seed=8)
    server.train(5)

    elsewhere.page.goto(link)
    status = _arrived(server, STEP)
    assert status["info"]["id"] != first
    assert (status["info"]["preset"], status["info"]["seed"]) == ("quick", 7)
    elsewhere.catch_up()
    elsewhere.expect_step(STEP)
    np.testing.assert_array_equal(server.metrics(), rows)
    assert [tuple(change) for change in ([c[0], c[1], c[3]] for c in server.progress().header["changes"])] == CHANGES
    again = elsewhere.sharp()
    for name in ("latent_map", "sample_map", "fakes", "image"):
        np.testing.assert_array_equal(again.arrays[name], frame.arrays[name])
    assert elsewhere.cursor_data("latent") == pytest.approx(place)
    expect(elsewhere.page.locator(".notice")).to_have_count(0)
    assert elsewhere.page.url == link  # and it stays


def test_a_link_to_the_present_run_re_runs_nothing(
    dashboard: DashboardPage, server: LiveServer, elsewhere: DashboardPage
) -> None:
    page = dashboard.open().page
    page.keyboard.press("ArrowLeft")
    dashboard.until("!s.view.live && s.shown && s.shown.step === s.view.step")
    step = page.evaluate("dash_clientside.state.view.step")
    assert step < STEP
    page.get_by_role("button", name="Copy link: A link that shows this step").click()
    expect(_notice(page, "copied")).to_contain_text(f"step {step}")
    link = page.url
    assert f"&step={step}&" in link
    run = server.status()["info"]["run"]
    elsewhere.page.goto(link)
    elsewhere.until("!s.view.live && s.view.step === argument", step)
    elsewhere.expect_step(step, ("samples", "latent", "discriminator"))
    assert server.status()["info"]["run"] == run
    assert [body for body in elsewhere.watch.commands if body["do"] == "repeat"] == []
    # Changes made later do not make it another run; another value at an earlier step does.
    server.command("set", values={"lr_d": 0.002})
    server.train(3)
    elsewhere.page.reload()
    elsewhere.until("!s.view.live && s.view.step === argument", step)
    assert server.status()["info"]["run"] == run


def test_a_reload_only_offers_what_would_replace_the_present_run(dashboard: DashboardPage, server: LiveServer) -> None:
    page = dashboard.open().page
    page.locator("#copy-link").click()
    expect(_notice(page, "copied")).to_be_visible()
    server.command("new-seed", seed=8)
    run = server.status()["info"]["run"]
    page.reload()
    notice = _notice(page, "link")
    expect(notice).to_contain_text(
        f"The address is a link to another run: Quick (small networks), seed 7, to step {STEP}."
    )
    assert server.status()["info"]["run"] == run
    notice.get_by_role("button", name="Open it").click()
    _arrived(server, STEP)
    assert server.status()["info"]["seed"] == 7
    dashboard.catch_up()
    expect(notice).to_have_count(0)


def test_a_reload_on_the_way_does_not_begin_anew(elsewhere: DashboardPage, server: LiveServer) -> None:
    link = f"{server.origin}/#v=1&preset=quick&seed=11&changes=3.lr_d.0.002&step=400"
    elsewhere.page.goto(link)
    run = server.wait_until(lambda s: s["goal"] == 400 and s["step"] > 3)["info"]["run"]
    server.command("pause")  # so that it is still on its way
    assert server.status()["step"] < 400
    elsewhere.page.reload()
    notice = _notice(elsewhere.page, "link")
    expect(notice).to_contain_text("Re-running the link's run: Quick (small networks), seed 11, to step 400.")
    server.command("play")
    assert _arrived(server, 400)["info"]["run"] == run
    elsewhere.catch_up()
    elsewhere.expect_step(400)
    expect(notice).to_have_count(0)


@pytest.mark.own_tab
def test_where_the_clipboard_is_closed_the_link_stands_selected(dashboard: DashboardPage, server: LiveServer) -> None:
    """As on plain http; and how it is copied is said in the words of the device."""
    page = dashboard.page
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    dashboard.open()
    notice = page.locator('.notice[data-key="copied"]')
    for platform, coarse, how in (("MacIntel", "false", "with ⌘C:"), ("iPhone", "true", "Hold it, and choose Copy:")):
        page.evaluate(f"Object.defineProperty(navigator, 'platform', {{ value: '{platform}', configurable: true }})")
        page.evaluate(f"window.matchMedia = () => ({{ matches: {coarse} }})")
        page.keyboard.press("c")
        expect(notice).to_contain_text(how)
        notice.get_by_role("button", name="Dismiss").click()
    page.evaluate("""() => {
        Object.defineProperty(navigator, 'platform', { value: 'Linux x86_64' });
        window.matchMedia = () => ({ matches: false });
    }""")
    page.locator("#copy-link").focus()
    page.keyboard.press("Enter")
    expect(notice).to_contain_text("with Ctrl+C:")
    field = page.get_by_role("textbox", name="Link to this step")
    expect(field).to_be_focused()
    expect(field).to_have_value(page.url)
    assert page.evaluate("document.activeElement.selectionEnd - document.activeElement.selectionStart") == len(page.url)


def test_what_is_wrong_in_a_link_is_named_and_left_out(elsewhere: DashboardPage, server: LiveServer) -> None:
    hostile = "%3Cimg%20src=x%20onerror=alert(1)%3E"
    changes = "2.lr_g.7,3.lr_q.1,4.beta1_g.0.5x,5.lr_d.0.002,3.lr_d.0.001"
    page = elsewhere.page
    page.goto(
        f"{server.origin}/#v=1&preset=quick&seed=-4&changes={changes}&step=9&cursor=latent,2,0&as=tpu&glow={hostile}"
    )
    status = _arrived(server, 9)
    assert (status["info"]["preset"], status["info"]["seed"]) == ("quick", 0)
    assert [c[:2] + c[3:] for c in server.progress().header["changes"]] == [[5, "lr_d", 0.002]]
    said = _notice(page, "link")
    for sentence in (
        "The link's “glow” is not known and was left out.",
        f"The link's seed of “-4” is not a whole number from 0 to {2**53 - 1}; 0 was taken.",
        "The link's lr_g of “7” is out of range and was left out.",
        "The link's change “3.lr_q.1” is not understood and was left out.",
        "The link's change “4.beta1_g.0.5x” is not understood and was left out.",
        "The link's change “3.lr_d.0.001” comes after one of a later step and was left out.",
        "And 2 more.",
    ):
        expect(said).to_contain_text(sentence)
    expect(elsewhere.cursor("latent")).to_be_hidden()

    # The address changes under the page: another scenario, and a version that is not known.
    page.evaluate(f"location.hash = '#v=1&preset={hostile}&seed=3&step=0'")
    expect(said).to_contain_text(
        "The link's scenario “<img src=x onerror=alert(1)>” is not known here; “Mode collapse”"
    )
    server.wait_until(lambda s: (s["info"]["preset"], s["info"]["seed"], s["step"]) == ("mode-collapse", 3, 0))
    page.evaluate("location.hash = '#v=9&preset=quick'")
    expect(said).to_contain_text("This link is of version “9”, which is not known here; nothing was opened.")
    expect(page.locator("img")).to_have_count(0)
    # Where the skip link leads is no recipe.
    run = server.status()["info"]["run"]
    page.evaluate("location.hash = '#panels'")
    elsewhere.next_frame()
    assert server.status()["info"]["run"] == run


def test_a_link_says_when_it_was_computed_in_another_way(elsewhere: DashboardPage, server: LiveServer) -> None:
    elsewhere.page.goto(f"{server.origin}/#v=1&preset=quick&seed=2&step=4&as=cpu.bfloat16.8")
    _arrived(server, 4)
    expect(_notice(elsewhere.page, "link")).to_have_text(
        re.compile(
            "^The link's run was computed with cpu, bfloat16, 8 threads, this one with cpu, float32, 1 thread: "
            "their numbers drift apart."
        )
    )


def test_a_run_with_too_many_changes_is_refused(dashboard: DashboardPage, server: LiveServer) -> None:
    server.command("reset")
    page = dashboard.open().page
    # The page believes the run to have had so many: making them would take minutes.
    page.evaluate(
        """() => {
            const { state, link } = dash_clientside;
            const values = [0.0002, 0.001];
            state.changes = Array.from({ length: 2001 }, (_, i) => [1 + i, "lr_g", values[i % 2], values[(i + 1) % 2]]);
            state.changesTotal = state.changes.length;
            state.shown = { ...state.shown, step: 2100 };
            link.copy();
        }"""
    )
    expect(_notice(page, "copied")).to_contain_text("This run has too many changes for a link; download it instead.")
    assert page.evaluate("location.hash") == ""
