"""The page for everybody: axe's findings, names, the way of Tab, visible focus, and less motion when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard_page import DESKTOP, PHONE, SLIDERS, DashboardPage
from gan_core.setup.config import BOUNDS

LOOKS: list[tuple[tuple[int, int], Literal["light", "dark"]]] = [
    (PHONE, "dark"),
    (PHONE, "light"),
    (DESKTOP, "dark"),
    (DESKTOP, "light"),
]
_ONLY = {"resultTypes": ["violations"]}


def expect_no_barriers(dashboard: DashboardPage, within: str = ":root") -> None:
    """Axe finds nothing that it calls serious or critical in the page, or in a part of it, which takes less time."""
    page = dashboard.page
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "([within, only]) => axe.run(within, only).then(({ violations }) => violations)", [within, _ONLY]
    )
    barriers = [
        f"{finding['impact']} {finding['id']}: {finding['help']}: {node['html'][:160]} {node['failureSummary']}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
    assert barriers == [], page.viewport_size


def in_every_look(dashboard: DashboardPage) -> Iterator[tuple[tuple[int, int], str]]:
    """The same page on a phone and on a desktop, dark and light; in this order, so that it ends as it began."""
    for size, scheme in LOOKS:
        dashboard.page.set_viewport_size({"width": size[0], "height": size[1]})
        dashboard.page.emulate_media(color_scheme=scheme)
        expect(dashboard.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        dashboard.settled()
        yield size, scheme


def expect_no_barriers_in_any_look(dashboard: DashboardPage, within: str = ":root") -> None:
    """Axe finds nothing on any of these screens, as the page, or this part of it, is now."""
    for _ in in_every_look(dashboard):
        expect_no_barriers(dashboard, within)


def test_axe_finds_no_barrier(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.command("preset", name="quick", config={"target": "csv-5753ff14891a0fe9"})  # some of it is held out
    server.train(20)
    server.command("set", values={"lr_g": 0.01})
    server.train(20)
    page = dashboard.open().page
    dashboard.expect_step(40)
    expect_no_barriers_in_any_look(dashboard)

    page.locator("label[for=curves-view-memory]").click()
    expect(page.locator("#metrics-panel-title")).to_have_text("Copies or new")
    expect(page.locator("#metrics-panel-notes dd").first).to_be_visible()
    expect_no_barriers_in_any_look(dashboard)

    page.evaluate("document.activeElement.blur()")  # its arrow keys choose among the views

    # With words of the cursor, a complaint, and a viewed step on the screen.
    page.keyboard.press("ArrowLeft")
    dashboard.expect_step(39)
    page.locator("#lr-d-input").fill("much")
    page.locator("#lr-d-input").press("Enter")
    expect(page.locator("#lr-d-error")).not_to_be_empty()
    dashboard.layer("discriminator").focus()
    page.keyboard.press("ArrowUp")
    expect(dashboard.cursor("samples")).to_be_visible()
    expect_no_barriers_in_any_look(dashboard)

    page.get_by_role("button", name="Help and keys (?)").click()
    dialog = page.get_by_role("dialog", name="What you see, and the keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_css("opacity", "1")
    expect_no_barriers(dashboard)
    expect_no_barriers_in_any_look(dashboard, ".help-dialog [role=dialog]")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Help and keys (?)")).to_be_focused()


def test_everything_that_can_be_used_has_a_name(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    for role in ("button", "slider", "switch", "textbox", "combobox", "application", "link", "region", "group"):
        for element in page.get_by_role(role).all():
            expect(element).to_have_accessible_name(re.compile(r"\w"))
    names = [BOUNDS[name].label for name in SLIDERS.values()] + ["Timeline: steps"]
    for name in names:
        expect(page.get_by_role("slider", name=name, exact=True)).to_have_count(1)
    assert page.get_by_role("slider").count() == len(names)
    expect(page.get_by_role("status").filter(has_text="Paused · step 0")).to_have_count(1)
    expect(page.locator("#status")).to_have_attribute("aria-live", "polite")
    expect(page.locator("html")).to_have_attribute("lang", "en")


_FOCUS = """() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return null;
    // A switch is drawn by what follows its input, a field by what is around it.
    const drawn = [focused, focused.nextElementSibling, focused.closest(".mantine-Input-wrapper")];
    const outlined = drawn.some((element) => {
        if (!element) return false;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    });
    const box = focused.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const footer = document.querySelector(".footer");
    return {
        name: focused.id || focused.getAttribute("aria-label") || focused.textContent,
        outlined,
        inside: x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight,
        covered: !footer.contains(focused) && y > footer.getBoundingClientRect().top,
    };
}"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_tab_reaches_everything_and_shows_where_it_is(dashboard: DashboardPage, size: tuple[int, int]) -> None:
    dashboard.server.train(5)
    page = dashboard.open(size=size).page
    expected = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
            .filter((e) => e.tabIndex >= 0 && e.type !== "hidden" && !e.disabled)
            .filter((e) => e.checkVisibility({ visibilityProperty: true }))
            .map((e) => e.id || e.getAttribute("aria-label") || e.textContent)"""
    )
    for name in ("play-pause", "preset", "lr-g-input", "trail", "theme", "help", "replay", "replay-speed"):
        assert name in expected
    reached: list[str] = []
    while len(reached) < 2 * len(expected):
        page.keyboard.press("Tab")
        focus: dict[str, Any] | None = page.evaluate(_FOCUS)
        if focus is None or focus["name"] in reached:
            break
        assert focus["outlined"], f"no visible focus on {focus['name']}"
        assert focus["inside"], f"{focus['name']} has the focus off the screen"
        assert not focus["covered"], f"{focus['name']} has the focus under the footer"
        reached.append(focus["name"])
    assert sorted(reached) == sorted(expected)
    assert reached[0] == "Skip to the panels"


def test_less_motion_when_asked_for(dashboard: DashboardPage) -> None:
    page = dashboard.page
    page.emulate_media(reduced_motion="reduce")
    dashboard.open()
    moving = """[...document.querySelectorAll("*")].flatMap((element) => [null, "::before", "::after"].map((part) => {
        const style = getComputedStyle(element, part);
        const times = `${style.transitionDuration}, ${style.animationDuration}`.split(", ");
        return times.some((time) => parseFloat(time) > 0) ? element.outerHTML.slice(0, 80) : null;
    })).filter((found) => found)"""
    assert page.evaluate(moving) == []
    page.get_by_role("button", name="Help and keys (?)").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(moving) == []
