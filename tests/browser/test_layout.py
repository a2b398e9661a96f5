"""What fits on which screen, that no word is cut, one type for all, and colours that the system chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import expect

from dashboard_page import DESKTOP, PANELS, PHONE, Area, DashboardPage
from gan_core.setup.presets import PRESETS
from page_oracle import EXTENT

LAPTOPS = ((1280, 720), (1366, 768), DESKTOP, (1024, 768))
WIDE = ((1920, 1080), (2560, 1300))
HALF_A_PIXEL = 0.5
# As long as the line of the state gets.
LONGEST = "Viewing step 59,999 of 60,000 · training goes on, 1,234 steps/s"
PUT_BANNERS = """() => {
    for (const id of ["failure", "connection"]) {
        document.getElementById(id).textContent = "Something went wrong; this says what, and what to do.";
        document.getElementById(id).hidden = false;
    }
    dash_clientside.notice.put("offer", "The run before this one stopped at step 3,637 (Mode collapse, seed 0).",
        { action: { text: "Continue it", run() {} } });
}"""
TAKE_BANNERS = """() => {
    for (const id of ["failure", "connection"]) document.getElementById(id).hidden = true;
    dash_clientside.notice.remove("offer");
}"""
# Boxes as [left, top, right, bottom], all of one moment.
MEASURE = """() => {
    const box = (element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    const of = (selector) => box(document.querySelector(selector));
    const every = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility()).map(box);
    const root = document.documentElement;
    return {
        page: [root.scrollWidth, root.scrollHeight],
        header: of(".header"),
        side: of(".side"),
        panels: of(".panels"),
        footer: of(".footer"),
        cards: every(".card"),
        graphs: every(".graph"),
        transport: every(".transport .button, .transport input, #timeline"),
        words: every(".notes > :not(:empty)"),
    };
}"""


def _inside(inner: list[float], outer: list[float]) -> bool:
    left, top, right, bottom = (i - o for i, o in zip(inner, outer, strict=True))
    return min(left, top) >= -HALF_A_PIXEL and max(right, bottom) <= HALF_A_PIXEL


def _apart(one: list[float], other: list[float]) -> bool:
    return (
        one[2] <= other[0] + HALF_A_PIXEL
        or other[2] <= one[0] + HALF_A_PIXEL
        or one[3] <= other[1] + HALF_A_PIXEL
        or other[3] <= one[1] + HALF_A_PIXEL
    )


def _expect_one_screen(measured: dict[str, Any], size: tuple[int, int], smallest: float) -> None:
    """Header, four panels and transport are on the screen, nothing over another, and nothing is to be scrolled."""
    width, height = size
    assert measured["page"] == [width, height], size
    assert measured["header"][:3] == [0, 0, width]
    assert measured["footer"][3] == height
    between = [0, measured["header"][3], width, measured["footer"][1]]
    cards = measured["cards"]
    for name, card, graph in zip(PANELS, cards, measured["graphs"], strict=True):
        assert _inside(card, between), (size, name)
        assert _inside(graph, card), (size, name)
        assert graph[3] - graph[1] >= smallest, (size, name)
        assert graph[2] - graph[0] >= smallest, (size, name)
    assert all(_apart(cards[i], cards[j]) for i in range(4) for j in range(i)), size
    assert _inside(measured["side"], between)
    assert len(measured["transport"]) >= 9
    assert all(_inside(part, measured["footer"]) for part in measured["transport"])
    assert all(any(_inside(words, card) for card in cards) for words in measured["words"]), size


def test_all_is_on_the_screen_and_stays_there_with_lines_above_it(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open().page
    for size in (*LAPTOPS, *WIDE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        # In one go: what comes from the server says how it stands, and puts banners and takes them away.
        measured = page.evaluate(f"() => {{ ({TAKE_BANNERS})(); return ({MEASURE})(); }}")
        _expect_one_screen(measured, size, smallest=190)
        tops = [card[1] for card in measured["cards"]]
        panels = measured["panels"]
        maps = [graph[2] - graph[0] - 114 for graph in measured["graphs"][1:]]  # without Plotly's margins
        if size in WIDE:  # the squares beside each other, as large as the width allows
            assert tops[0] < tops[1] == tops[2] == tops[3]
            assert sum(maps) >= 0.7 * (panels[2] - panels[0])
        else:
            assert tops[0] == tops[1] < tops[2] == tops[3]
            lefts = [card[0] for card in measured["cards"]]
            assert lefts[0] == lefts[2] < lefts[1] == lefts[3]
        if size == DESKTOP:
            assert min(maps) >= 300
        # Story and controls scroll by themselves, to their end.
        reached = page.evaluate(
            """() => {
                const side = document.querySelector(".side");
                side.scrollTop = side.scrollHeight;
                const { top, bottom } = document.getElementById("keys").closest(".switch-row").getBoundingClientRect();
                const box = side.getBoundingClientRect();
                side.scrollTop = 0;
                return top >= box.top && bottom <= box.bottom + 0.5;
            }"""
        )
        assert reached, size
        with_lines = page.evaluate(f"() => {{ ({PUT_BANNERS})(); return ({MEASURE})(); }}")
        _expect_one_screen(with_lines, size, smallest=130)
        assert with_lines["panels"][1] > panels[1] + 90, "the three lines are there"
    # What Plotly draws follows, when its card has changed and the window has not.
    dashboard.settled()
    page.set_viewport_size({"width": 1280, "height": 420})  # too low for all: the page scrolls, nothing is squeezed
    low = page.evaluate(MEASURE)
    assert low["page"][0] == 1280
    assert low["page"][1] > 420
    assert all(graph[3] - graph[1] >= 120 for graph in low["graphs"])
    for width, height in (PHONE, (320, 640), (800, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        measured = page.evaluate(MEASURE)
        assert measured["page"][0] == width
        lefts = {card[0] for card in measured["cards"]}
        assert len(lefts) == (2 if width == 800 else 1)


# The height of the curves' head, at each drawing of the page from its first on.
WATCH_HEAD = """
    window.heights = [];
    const look = () => {
        const head = document.querySelector("#metrics-panel-title")?.parentElement;
        if (head && head.querySelector("#curves-view")) heights.push(head.offsetHeight);
        requestAnimationFrame(look);
    };
    look();
"""


def test_a_page_that_loads_never_shows_more_views_than_its_run_has(dashboard: DashboardPage) -> None:
    page = dashboard.page
    page.add_init_script(WATCH_HEAD)
    dashboard.server.train(60)
    dashboard.open()
    dashboard.settled()
    heights = page.evaluate("heights")
    assert max(heights) == heights[-1], "every chart would follow, and the place under a pointer with it"


# What is in the heads: each word with its box, the box that may cut it, and whether an ellipsis would.
HEADS = """(words) => {
    document.getElementById("status-now").textContent = words;
    document.getElementById("status-diagnosis").textContent = "◆ D has won";
    document.getElementById("metrics-panel-badge").firstChild.textContent = "1,234,567 steps";
    const box = (element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    const found = [];
    for (const head of document.querySelectorAll(".header, .card-head")) {
        for (const element of head.querySelectorAll("*")) {
            const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || !element.checkVisibility() || element.closest(".for-screen-readers, [popover]")) continue;
            if (getComputedStyle(element).clipPath !== "none") continue; // for screen readers alone
            const range = document.createRange();
            range.selectNodeContents(element);
            const part = element.closest(".badge, .run-words");
            found.push({
                text: element.textContent,
                boxes: [...range.getClientRects()].map(({ left, top, right, bottom }) => [left, top, right, bottom]),
                head: box(head),
                line: part ? box(part) : null,
                ellipsis: getComputedStyle(element).textOverflow === "ellipsis",
            });
        }
        for (const input of head.querySelectorAll("input:not([type=radio])"))
            if (input.checkVisibility()) found.push({
                text: input.value, boxes: [box(input)], head: box(head), line: null, ellipsis: false,
                cut: input.scrollWidth - input.clientWidth,
            });
    }
    return { found, width: document.documentElement.scrollWidth };
}"""


def _expect_whole_heads(dashboard: DashboardPage, size: tuple[int, int], *words: str, page: Any = None) -> set[str]:
    """Nothing in a head is cut: a part is there as a whole or not at all. Returns what is there, with these words."""
    there: set[str] = set()

    def check() -> None:
        nonlocal there
        there = _whole_heads(dashboard, size, page)
        assert there >= {*words}, size

    dashboard.eventually(check)
    return there


def _whole_heads(dashboard: DashboardPage, size: tuple[int, int], page: Any) -> set[str]:
    measured = (page or dashboard.page).evaluate(HEADS, LONGEST)
    assert measured["width"] <= size[0], size
    there = []
    for word in measured["found"]:
        text, line = word["text"], word["line"]
        assert not word["ellipsis"], (size, text)
        assert word.get("cut", 0) <= 0, (size, text)
        if line and not all(_inside(box, line) for box in word["boxes"]):
            assert all(_apart(box, line) for box in word["boxes"]), f"{text} is cut at {size}"
            continue
        assert all(_inside(box, word["head"]) for box in word["boxes"]), f"{text} sticks out at {size}"
        there.append(word)
    for i, one in enumerate(there):
        others = [box for other in there[:i] for box in other["boxes"]]
        assert all(_apart(box, other) for box in one["boxes"] for other in others), f"{one['text']} at {size}"
    return {word["text"] for word in there}


def test_words_of_the_heads_are_whole_or_not_there(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20)
    page = dashboard.open().page
    for width, height in (*LAPTOPS, *WIDE, PHONE, (800, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        words = ["GANscope", "Loss and accuracy", "Losses", "Chase", "Latent map D(G(z))", LONGEST]
        if width >= 1280 or width == PHONE[0]:
            words += ["step 20", " · 100 × 100"]
        _expect_whole_heads(dashboard, (width, height), *words)
    # The chooser of scenarios shows each one's title to its end.
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("textbox", name="Scenario").click()
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(len(PRESETS))
    room = page.evaluate(
        """() => {
            const input = document.querySelector(".header .preset input");
            const style = getComputedStyle(input);
            return input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        }"""
    )
    texts = page.evaluate(
        """() => [...document.querySelectorAll("[role=option] span")].map((span) => {
            const range = document.createRange();
            range.selectNodeContents(span);
            return range.getBoundingClientRect().width;
        })"""
    )
    assert max(texts) <= room
    page.keyboard.press("Escape")

    # In the narrow frames of two runs beside each other, too.
    run = server.status()["info"]["id"]
    server.command("reset")
    for width in (1280, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{server.origin}/compare?a={run}&b={run}")
        frame = page.frame_locator("iframe").first
        expect(frame.locator("#status-now")).to_have_text("Recorded · step 20 of 20")
        expect(frame.locator("#samples-panel-badge")).to_contain_text("step 20")
        expect(frame.locator("#metrics-panel-badge")).to_have_text("20 steps")
        inner = frame.locator("html").element_handle().owner_frame()
        words = ["Losses", "Chase", "Samples", "Latent map D(G(z))", "Sample map D(x)"]
        there = _expect_whole_heads(dashboard, (width // 2, 800), *words, page=inner)
        assert ("Loss and accuracy" in there) == (width > 1620)


STORY = """(name) => {
    const { state } = dash_clientside;
    state.emit("scenario", name); // as transport.js does when another one is opened
}"""
# Blocks of the story that lie over each other, and ends of what scrolls that cannot be reached or are not announced.
TROUBLE = """() => {
    const found = [];
    const side = document.querySelector(".side");
    const words = document.querySelector(".story-words");
    const parts = [words, ...document.querySelectorAll("#story-claim, .measured, .sidebar")];
    const blocks = parts.filter((e) => e.checkVisibility());
    const boxes = blocks.map((e) => e.getBoundingClientRect());
    for (let i = 1; i < boxes.length; i++)
        if (boxes[i].top < boxes[i - 1].bottom - 0.5)
            found.push(`${blocks[i].id || blocks[i].className} lies over what is before it`);
    for (const box of [side, words]) {
        const hidden = box.scrollHeight - box.clientHeight;
        const sign = getComputedStyle(box, "::after");
        const button = box.querySelector(":scope > .story-more:not([hidden])");
        const words = button ? button.textContent : sign.content;
        const signed = words.includes("more") && (button ? getComputedStyle(button) : sign).position === "sticky";
        if (hidden > 4 && !signed) found.push(`${box.className}: ${hidden} px below, and no sign of it`);
        if (hidden <= 0 && signed) found.push(`${box.className}: a sign of nothing`);
        const scrolls = ["auto", "scroll"].includes(getComputedStyle(box).overflowY);
        if (hidden > 1 && !scrolls) found.push(`${box.className}: ${hidden} px are cut`);
        if (box.scrollWidth > box.clientWidth) found.push(`${box.className} is too wide`);
        box.scrollTop = hidden;
    }
    const last = [...words.children].filter((e) => e.checkVisibility()).at(-1).getBoundingClientRect();
    if (last.bottom > words.getBoundingClientRect().bottom + 0.5) found.push("the last words are cut");
    return found;
}"""


def _expect_no_trouble(dashboard: DashboardPage) -> None:
    dashboard.page.evaluate("document.querySelectorAll('.side, .story-words').forEach((box) => (box.scrollTop = 0))")
    dashboard.next_frame()
    assert dashboard.page.evaluate(TROUBLE) == []
    dashboard.next_frame()
    assert dashboard.page.locator(".more-below").count() == 0  # at the end there is no more


def test_every_story_can_be_read_to_its_end(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open().page
    for size in ((1280, 720), DESKTOP, (DESKTOP[0], DESKTOP[1] - 38)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if size not in ((1280, 720), DESKTOP):  # as with a line above the panels and the longest diagnosis
            page.add_style_tag(content="#story-diagnosis { min-height: 68px }")
        for preset in PRESETS.values():
            for why in (False, True) if preset.why else (False,):
                page.evaluate(STORY, preset.name)
                page.evaluate("(open) => (document.querySelector('#story-why').parentElement.open = open)", why)
                dashboard.eventually(lambda: _expect_no_trouble(dashboard))


def test_all_of_a_story_is_shown_when_asked_for(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    more, words = page.locator("#story-more"), page.locator(".story-words")
    cut = "(box) => box.scrollHeight - box.clientHeight"
    page.evaluate(STORY, "mode-collapse")
    expect(more).to_be_visible()
    expect(more).to_have_text("▾ more")
    expect(more).to_have_attribute("aria-expanded", "false")
    assert words.evaluate(cut) > 4
    more.press("Enter")
    expect(more).to_have_text("▴ less")
    expect(more).to_have_attribute("aria-expanded", "true")
    assert words.evaluate(cut) <= 0
    more.click()
    expect(more).to_have_text("▾ more")
    dashboard.eventually(lambda: _expect_no_trouble(dashboard))


def test_fields_selects_and_labels_have_the_pages_type(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    page = dashboard.open().page
    other = """() => {
        const page = getComputedStyle(document.body);
        const SIZED = "input:not([type=radio], [type=checkbox], [type=hidden], [type=file]), select, textarea, label, "
            + ".mantine-Switch-label, [role=option], .slider-head > span, output";
        return [...document.querySelectorAll("body *:not(svg, svg *, script, kbd)")].flatMap((element) => {
            const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own && !element.matches("input, select, textarea, button")) return [];
            const { fontFamily, fontSize } = getComputedStyle(element);
            const small = element.matches(SIZED) && !element.closest(".in-force") && fontSize !== page.fontSize;
            if (fontFamily === page.fontFamily && !small) return [];
            return [`${element.tagName} ${element.className} ${element.id}: ${fontFamily} ${fontSize}`];
        });
    }"""
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "13px"
    assert page.evaluate(other) == []
    for name, role in (("#help", "dialog"), ("#runs", "dialog"), ("#preset", "listbox")):
        page.locator(name).click()
        expect(page.get_by_role(role).first).to_be_visible()
        if name == "#runs":
            expect(page.locator("#runs-list .run").first).to_be_visible()
        assert page.evaluate(other) == [], name
        page.keyboard.press("Escape")
        expect(page.get_by_role(role)).to_have_count(0)


# -- colours that the system chooses ---------------------------------------------------------------------------------


def _boxes(dashboard: DashboardPage, selector: str) -> list[list[float]]:
    return list(
        dashboard.page.evaluate(
            """(selector) => [...document.querySelectorAll(selector)]
                .filter((e) => e.checkVisibility({ visibilityProperty: true }))
                .map((e) => e.getBoundingClientRect())
                .map(({ left, top, width, height }) => [left, top, width, height])""",
            selector,
        )
    )


def _luminance(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """WCAG's relative luminance."""
    share = pixels[..., :3] / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ (0.2126, 0.7152, 0.0722))


def _contrast(pixels: npt.NDArray[np.uint8]) -> float:
    light = _luminance(pixels)
    return float((light.max() + 0.05) / (light.min() + 0.05))


def _crop(screen: npt.NDArray[np.uint8], box: list[float], margin: int = 0) -> npt.NDArray[np.uint8]:
    left, top = (max(0, round(v) - margin) for v in box[:2])
    right, bottom = round(box[0] + box[2]) + margin, round(box[1] + box[3]) + margin
    return screen[top:bottom, left:right]


@pytest.mark.sharp
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_backgrounds_draw_is_seen_in_forced_colours(dashboard: DashboardPage, scheme: Any) -> None:
    server = dashboard.server
    server.train(20)
    server.command("set", values={"lr_g": 0.01})
    server.train(20)
    page = dashboard.open(scheme=scheme).page
    dashboard.sharp()
    dashboard.leave()
    whole = Area(0, 0, *DESKTOP)
    before = dashboard.screenshot(whole)
    page.emulate_media(color_scheme=scheme, forced_colors="active")
    dashboard.next_frame()
    forced = dashboard.screenshot(whole)
    drawn = (
        ".icon, .mantine-Switch-track, .mantine-Slider-track, .mantine-Slider-thumb, #timeline, #timeline .handle, "
        ".story-progress, .event, .segments, .mantine-Select-section, .about, .info"
    )
    assert len(_boxes(dashboard, ".icon")) > 12
    assert len(_boxes(dashboard, ".event")) >= 1
    for selector in drawn.split(", "):
        for box in _boxes(dashboard, selector):
            assert _contrast(_crop(forced, box, margin=2)) >= 3, f"{selector} at {box}"
    # What is chosen, on or filled up to somewhere is another colour than the rest.
    for on, off in (
        (".segments input:checked + label", ".segments input:not(:checked) + label"),
        (".button.on", ".button:not(.on):not(:disabled)"),
        ("#keys + .mantine-Switch-track", "#trail + .mantine-Switch-track"),
        (".mantine-Slider-bar", ".card"),
    ):
        colour = "(selector) => getComputedStyle(document.querySelector(selector)).backgroundColor"
        assert page.evaluate(colour, on) != page.evaluate(colour, off), on
    # The pictures and their scale keep their colours.
    for selector in ("#discriminator-panel .layer", "#latent-panel .layer", "#discriminator-panel .colorbar .cbfills"):
        (box,) = _boxes(dashboard, selector)
        edge = 3 + (1 - 1 / EXTENT) / 2 * box[2] if "layer" in selector else 3  # the margin around a map is the card's
        inner = [box[0] + edge, box[1] + edge, box[2] - 2 * edge, box[3] - 2 * edge]
        assert np.array_equal(_crop(before, inner), _crop(forced, inner)), selector
    # And the focus is seen wherever it is.
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for selector in ("#play-pause", "#timeline [role=slider]", "#samples-panel .layer", "#lr-g [role=slider]"):
        page.locator(selector).focus()
        page.keyboard.press("Shift")  # it was the keyboard
        expect(page.locator(selector)).to_have_css("outline-style", "solid")
        colour = page.locator(selector).evaluate("(e) => getComputedStyle(e).outlineColor")
        assert colour not in (background, "rgba(0, 0, 0, 0)")
