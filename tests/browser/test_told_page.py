"""A step told: every stage by keyboard, each number against an independent step, and the step then taken."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from dashboard_page import PHONE, DashboardPage
from gan_core import PRESETS, GANEngine
from gan_core.looking.looks import cell_centres
from gan_core.texts.catalogue import say
from independent_step import TORCH_ADAM, Stage, next_step
from live_server import LiveServer
from test_access import expect_no_barriers, in_every_look

NAMES = {"d": ("D's batch", "D's update"), "g": ("G's batch", "G's move")}


def train(server: LiveServer, steps: int, **values: float) -> GANEngine:
    """Train a run that PyTorch's own Adam can go on with; returns an engine that stands where it does."""
    server.command("preset", name="quick", config=TORCH_ADAM, values=values)
    server.train(steps)
    engine = GANEngine(PRESETS["quick"].altered(TORCH_ADAM, values), 0, device="cpu", threads=1)
    last = engine.advance(steps)[-1]
    row = server.metrics()[-1]
    assert row.tolist() == [last.d_loss, last.d_accuracy, last.g_loss, last.g_accuracy]
    return engine


def expected_of(engine: GANEngine) -> list[tuple[str, dict[str, float], Stage]]:
    """Name and numbers of each stage of its next step."""
    grid = cell_centres(100, torch.device("cpu"))
    stages = []
    for stage in next_step(engine, grid):
        batch, move = NAMES[stage.name]
        stages += [(batch, stage.batch, stage), (move, stage.move, stage)]
    return stages


def open_by_key(page: Page) -> Locator:
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("table")).to_be_visible()
    return dialog


def read_numbers(dialog: Locator) -> dict[str, float]:
    cells = dialog.locator("td[data-number]")
    told = cells.evaluate_all("(all) => all.map((cell) => [cell.dataset.number, cell.textContent])")
    return {name: float(text.replace("−", "-")) for name, text in told}


def expect_stage(dialog: Locator, name: str, numbers: dict[str, float]) -> None:
    current = dialog.locator("[aria-current=step]")
    expect(current).to_have_text(name)
    expect(dialog.get_by_role("heading", level=3)).to_have_text(name)
    expect(dialog.get_by_role("status")).to_have_text(re.compile(f": {name}$"))
    near = dict.fromkeys(numbers, 6e-4) | {"obeyed": 0.01}  # four digits; rounding may turn a fake that hardly moves
    found = read_numbers(dialog)
    assert list(found) == list(numbers)
    for key, value in numbers.items():
        assert found[key] == pytest.approx(value, rel=near[key]), key


@pytest.mark.parametrize("each", [(1, 1), (3, 2)], ids=str)
def test_all_stages_forward_and_back_by_keyboard(dashboard: DashboardPage, each: tuple[int, int]) -> None:
    engine = train(dashboard.server, 30, updates_d=each[0], updates_g=each[1])
    before = dashboard.server.metrics()
    page = dashboard.open().page
    dialog = open_by_key(page)
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Step 31, told")
    stages = expected_of(engine)
    buttons = dialog.locator(".told-stages button")
    assert buttons.count() == len(stages) == 2 * sum(each)
    counted = [f"{name}, {k + 1} of {of}" if of > 1 else name for (player, of) in zip("dg", each, strict=True)
               for k in range(of) for name in NAMES[player]]  # fmt: skip
    assert buttons.all_inner_texts() == counted
    for (_, numbers, _), name in zip(stages, counted, strict=True):
        expect_stage(dialog, name, numbers)
        page.keyboard.press("ArrowRight")
    expect_stage(dialog, counted[-1], stages[-1][1])  # it ends there
    for (_, numbers, _), name in list(zip(stages, counted, strict=True))[::-1]:
        expect_stage(dialog, name, numbers)
        page.keyboard.press("ArrowLeft")
    expect_stage(dialog, counted[0], stages[0][1])
    page.keyboard.press("End")
    expect_stage(dialog, counted[-1], stages[-1][1])
    page.keyboard.press("Home")
    expect_stage(dialog, counted[0], stages[0][1])
    # By Tab, too: back, next, and each stage.
    for name in ("Close", "Back", "Next"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent || document.activeElement.ariaLabel") in (name, "✕")
    page.keyboard.press("Enter")
    expect_stage(dialog, counted[1], stages[1][1])
    buttons.nth(2).focus()
    page.keyboard.press("Enter")
    expect_stage(dialog, counted[2], stages[2][1])
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert dashboard.server.status()["step"] == 30
    assert np.array_equal(dashboard.server.metrics(), before)


def test_the_pictures_show_what_changes(dashboard: DashboardPage) -> None:
    engine = train(dashboard.server, 20)
    page = dashboard.open().page
    dialog = open_by_key(page)
    assert dialog.get_by_role("img").count() == 1
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img")).to_have_count(3)
    _, numbers, stage = expected_of(engine)[1]
    change = stage.seen["change"].view(100, 100).numpy()[::-1] / numbers["map_most"]
    difference = dialog.get_by_role("img", name=re.compile("^How D's map changes"))
    pixels = difference.evaluate(
        "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    )
    side = 640
    red, green, _, _ = np.array(pixels, np.int64).reshape(side, side, 4).transpose(2, 0, 1)
    extent = page.evaluate("dash_clientside.layers.all.discriminator.extent")
    at = np.round(((np.arange(100) + 0.5) / 50 - 1) / extent * side / 2 + side / 2 - 0.5).astype(int)
    greener = (green - red)[np.ix_(at, at)]
    assert (greener[change > 0.1] > 0).all()
    assert (greener[change < -0.1] < 0).all()
    assert (change > 0.1).sum() > 100
    assert (change < -0.1).sum() > 100
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name=re.compile("^The way that each fake moves"))).to_have_count(1)
    expect(dialog.locator("figcaption")).to_have_text(re.compile(r"^Moves \(thick\), drawn \d+ times? as long"))


def test_the_step_is_taken_as_it_was_told(dashboard: DashboardPage) -> None:
    server = dashboard.server
    train(server, 20)
    page = dashboard.open().page
    dialog = open_by_key(page)
    told = read_numbers(dialog)
    page.keyboard.press("End")
    told |= read_numbers(dialog)
    dialog.get_by_role("button", name="Take the step").click()
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Step 22, told")
    expect(dialog.get_by_role("button", name="Take the step")).to_be_focused()
    expect(dialog.locator("[aria-current=step]")).to_have_text("D's batch")
    assert server.status()["step"] == 21
    d_loss, d_accuracy, g_loss, g_accuracy = server.metrics()[-1].tolist()
    expected = {"d_loss": d_loss, "d_accuracy": d_accuracy, "g_loss_before": g_loss, "g_accuracy_before": g_accuracy}
    assert {name: told[name] for name in expected} == pytest.approx(expected, rel=6e-4)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    dashboard.expect_step(21)


def test_a_run_that_goes_on_elsewhere_is_told_anew(dashboard: DashboardPage) -> None:
    server = dashboard.server
    train(server, 10)
    page = dashboard.open().page
    dialog = open_by_key(page)
    anew = dialog.get_by_role("button", name="Tell the next step")
    expect(anew).to_be_hidden()
    server.train(2)
    expect(dialog.get_by_role("alert")).to_have_text(say("told.gone-on", step=12))
    expect(dialog.get_by_role("button", name="Take the step")).to_be_hidden()
    anew.click()
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Step 13, told")
    expect(dialog.locator(".field-error")).to_be_empty()
    expect(anew).to_be_hidden()
    server.command("set", values={"lr_d": 0.01})  # the step to come is another one
    expect(anew).to_be_visible()


def test_a_run_that_trains_is_paused_for_it(dashboard: DashboardPage) -> None:
    server = dashboard.server
    page = dashboard.open().page
    server.command("play")
    dashboard.until("s.status.phase === 'training'")
    page.get_by_role("button", name="Tell: ").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("table")).to_be_visible()
    status = server.status()
    assert status["phase"] == "paused"
    expect(dialog.get_by_role("heading", level=2)).to_have_text(f"Step {status['step'] + 1:,}, told")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Tell: ")).to_be_focused()


@pytest.mark.parametrize("config", [{"consensus": "1"}, {"unrolled": "1"}], ids=str)
def test_what_cannot_be_told_says_why_at_the_button(dashboard: DashboardPage, config: dict[str, str]) -> None:
    dashboard.server.command("preset", name="quick", config=config)
    page = dashboard.open().page
    button = page.get_by_role("button", name=f"Tell: {say('why-not.told')}")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", say("why-not.told"))
    page.keyboard.press("t")
    expect(page.locator("#notices")).to_have_text(say("why-not.told"))
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_scores_that_are_no_probabilities_are_called_so(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.command("preset", name="quick", config={"objective": "wasserstein", "batch": "1024"})
    server.train(5)
    page = dashboard.open().page
    dialog = open_by_key(page)
    expect(dialog.locator("table")).to_contain_text("D's score, mean of the real points")
    expect(dialog.locator("figcaption")).to_contain_text("256 real points (dots) and 256 fakes (crosses)")
    expect(dialog).to_contain_text("D is given 1,024 points")


def test_no_barriers_and_nothing_wider_than_the_window(dashboard: DashboardPage) -> None:
    train(dashboard.server, 5, updates_d=3)
    page = dashboard.open().page
    dialog = open_by_key(page)
    for size, _ in in_every_look(dashboard):
        for key in ("Home", "ArrowRight", "End"):
            page.keyboard.press(key)
            expect_no_barriers(dashboard, "#told")
            wide = dialog.evaluate("(box) => [box.scrollWidth, box.clientWidth, document.documentElement.scrollWidth]")
            assert wide[0] <= wide[1]
            assert wide[2] <= size[0]
        at = dialog.get_by_role("button", name="Next").bounding_box()
        page.keyboard.press("Home")
        assert dialog.get_by_role("button", name="Next").bounding_box() == at  # what is pressed stays where it is
        if size == PHONE:
            rows = {round(box["y"]) for one in page.locator(".transport .buttons:not(.branches) > *").all()
                    if (box := one.bounding_box())}  # fmt: skip
            assert len(rows) <= 2  # of buttons, and of the field that is lower
