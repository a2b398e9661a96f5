"""A run in one HTML file, opened from the disk without a network: the same page, the same numbers; and on paper."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard_page import DESKTOP, PANELS, PHONE, SQUARE, DashboardPage, Watch
from envelope_reader import read
from gan_core.__main__ import main
from gan_core.recording.file.run_file import RunFile
from page_oracle import distances, map_value

STEPS = 80
FRAMES = 9  # of as many as there are steps
HUNDREDTH = 0.005 + 1e-9


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    given = [
        "--steps",
        str(STEPS),
        "--seed",
        "0",
        "--threads",
        "1",
        "--device",
        "cpu",
        "--record",
        "--out",
        str(folder),
    ]
    small = ["--config", "generator=16,16:relu", "--config", "discriminator=16,16:relu"]
    assert main(["train", "quick", *small, *given], {}) == 0
    (path,) = folder.glob("*.sqlite")
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.set_about("notes", [[9, "<b>odd</b>", ["seen"]]])
    return path


@pytest.fixture(scope="module")
def made(run: Path) -> Path:
    out = run.with_suffix(".html")
    assert main(["export", str(run), "--what", "page", "--frames", str(FRAMES), "--out", str(out)], {}) == 0
    return out


@pytest.fixture
def opened(made: Path, page: Page, context: BrowserContext, watch: Watch) -> Iterator[DashboardPage]:
    """The file on the screen; requests to anywhere are problems."""
    watch.allow("file://")
    context.set_offline(True)
    page.goto(made.as_uri())
    dashboard = DashboardPage(page, None, watch)  # type: ignore[arg-type]  # there is no server
    dashboard.expect_step(STEPS)
    yield dashboard
    context.set_offline(False)


def frames(run: Path) -> dict[int, dict[str, np.ndarray]]:
    with closing(sqlite3.connect(run)) as db:
        return {step: read(payload)[1] for step, payload in db.execute("SELECT step, frame FROM frames")}


def test_the_run_is_there(opened: DashboardPage, run: Path) -> None:
    page, kept = opened.page, frames(run)
    with closing(RunFile.open(run)) as file:
        rows = file.metrics()
    expect(opened.status).to_have_text(f"Recorded · step {STEPS} of {STEPS}")
    expect(page.locator("#notices")).to_contain_text(f"{FRAMES} of its {len(kept)} kept frames")
    held = opened.page.evaluate("Array.from(dash_clientside.state.kept)")
    assert len(held) == FRAMES
    opened.expect_numbers(STEPS, rows[STEPS - 1].tolist())

    # The keys go to every step; a frame that is not in the file is not made up.
    page.keyboard.press("Home")
    opened.expect_step(held[0], SQUARE)
    page.keyboard.press("Shift+ArrowRight")
    opened.until("s.view.step === argument", 10)
    opened.expect_numbers(10, rows[9].tolist())
    nearest = min(held, key=lambda step: (abs(step - 10), step))
    assert nearest != 10
    opened.expect_step(nearest, SQUARE)
    expect(page.locator("#exact-words")).to_have_text(f"nearest kept step {nearest}; this file does not hold step 10")
    at = held[FRAMES // 2]
    opened.go_to(at)
    opened.expect_step(at)
    opened.expect_numbers(at, rows[at - 1].tolist())
    assert np.array_equal(opened.shown("fakes")["fakes"], kept[at]["fakes"].ravel())
    assert np.array_equal(opened.shown("sample_map")["sample_map"], kept[at]["sample_map"].ravel())

    # The cursor over one panel is at the same place in the others.
    x, y = opened.point("discriminator", 0.3, -0.2)
    for name in ("discriminator", "samples"):
        expect(opened.cursor(name)).to_be_visible()
        opened.eventually(lambda name=name: _same(opened.cursor_data(name), (x, y)))  # type: ignore[misc]
    where, score, _ = opened.words("discriminator")
    assert [float(number) for number in re.findall(r"-?[\d.]+", where)] == pytest.approx([x, y], abs=HUNDREDTH)
    assert float(score.rpartition(" ")[2]) == pytest.approx(map_value(kept[at]["sample_map"], x, y), abs=HUNDREDTH)
    near = distances(kept[at]["fakes"], x, y)
    assert float(opened.words("samples")[1].split()[-1]) == pytest.approx(near.min(), abs=0.0005 + 1e-9)

    # Its notes are there to be read, and lead to their steps.
    opened.leave()
    note = page.locator("#events .event.note")
    expect(note).to_have_attribute("title", "step 9: note: <b>odd</b> #seen")
    note.click()
    opened.until("s.view.step === 9")
    expect(page.locator("#event-words")).to_have_text("step 9: note: <b>odd</b> #seen")
    page.get_by_role("button", name="Note").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("step 9: <b>odd</b> #seen")
    expect(dialog.get_by_role("textbox")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    # Nothing is offered that a server would have to do.
    for hidden in ("#sweep", "#runs", "#export", "#to-live", ".branches", ".of-training"):
        for element in page.locator(hidden).all():
            expect(element).to_be_hidden()
    page.locator("#experiment-fold").click()
    expect(page.get_by_label("Target", exact=True)).to_be_disabled()
    page.keyboard.press("?")
    page.locator("summary", has_text="Buttons").click()
    told = page.get_by_role("dialog").locator("[data-of]")
    seen = told.evaluate_all("all => all.filter((one) => one.checkVisibility()).map((one) => one.dataset.of)")
    assert set(seen) == {"follow-live", "replay", "note"}
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    opened.until("document.documentElement.scrollWidth <= innerWidth")


def _same(one: Any, other: Any) -> None:
    assert one == pytest.approx(other, abs=1e-6)


def test_a_browser_that_cannot_unpack_says_so(made: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(made.as_uri())
    expect(page.get_by_role("alert")).to_contain_text("DecompressionStream")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def test_on_paper_all_is_on_one_page(opened: DashboardPage, scheme: Any, size: tuple[int, int]) -> None:
    page = opened.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened.settled()
    for paper in ("A4", "Letter"):
        printed = page.pdf(format=paper)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1

    page.emulate_media(media="print", color_scheme=scheme)
    page.set_viewport_size({"width": 718, "height": 1047})  # A4 without its margins, 96 pixels an inch
    opened.next_frame()
    expect(page.get_by_role("heading", name="GANscope")).to_be_visible()
    expect(page.locator("#story")).to_be_visible()
    for control in ("#timeline", ".sidebar", "#experiment", "#help", "#notices"):
        expect(page.locator(control)).to_be_hidden()
    boxes = [page.locator(".card", has=opened.panel(name)).bounding_box() for name in PANELS]
    for name, box in zip(PANELS, boxes, strict=True):
        assert box is not None
        inside = opened.panel(name).bounding_box()
        assert inside is not None
        assert box["x"] <= inside["x"]
        assert inside["x"] + inside["width"] <= box["x"] + box["width"] <= 718
        assert inside["y"] + inside["height"] <= box["y"] + box["height"] + 1 <= 1047
        assert inside["width"] > 250
        layer = opened.layer(name).bounding_box()
        assert layer is not None
        assert layer["width"] > 150
    page.emulate_media(media="null", color_scheme="null")
