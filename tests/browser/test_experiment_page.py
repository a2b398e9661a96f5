"""The experiment's panel: what the run is made of, a draft of something else, a new run or a branch with it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard_page import DESKTOP, PHONE, DashboardPage
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine
from gan_core.training.follow import follow
from gan_core.training.known import CHOICES
from test_access import expect_no_barriers, in_every_look

QUICK = PRESETS["quick"]


def engine(config: dict[str, str], **values: float) -> GANEngine:
    """The oracle: the same experiment without a server."""
    changed = Experiment(QUICK.config.changed(config), QUICK.values.changed(values))
    return GANEngine(changed, 0, device="cpu", precision="float32", threads=1)


def rows(trained: GANEngine, steps: int) -> np.ndarray:
    return np.array([[m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy] for m in trained.advance(steps)], np.float32)


def unfold(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Experiment")).click()
    expect(page.locator("#experiment-body")).to_be_visible()


def field(page: Page, name: str) -> Locator:
    return page.locator(f'#experiment [data-field="{name}"]')


def says(page: Page) -> Locator:
    return page.locator("#experiment-says")


def test_start_begins_a_run_of_the_draft(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(10)
    server.command("set", values={"lr_g": 0.003})
    page = dashboard.open().page
    before = server.status()["info"]
    expect(page.locator("#experiment-gist")).to_have_text("Spiral · Non-saturating · no penalty")
    unfold(page)
    # Everything that there is can be chosen, and each says what it is.
    for name in ("target", "penalty", "optimiser_d"):
        there = field(page, name).locator("option").evaluate_all("(all) => all.map((option) => option.value)")
        assert there == list(CHOICES[name])
    expect(says(page)).to_contain_text("As the run has it")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_disabled()

    page.get_by_label("Loss", exact=True).select_option("minimax")
    expect(field(page, "objective")).to_contain_text("G gets no gradient where D is sure")
    expect(field(page, "objective").get_by_text("changed")).to_be_visible()
    page.get_by_label("Target", exact=True).select_option("ring")
    page.get_by_label("Ring of Gaussians: Modes").fill("5")
    page.get_by_role("textbox", name="Batch").fill("64")
    page.get_by_role("button", name="Generator: Take away the last layer").click()
    page.get_by_role("textbox", name="Generator: units of hidden layer 2").fill("32")
    page.get_by_label("Generator: Output").select_option("linear")
    expect(says(page)).to_have_text("4 settings differ from the run.")
    assert server.status()["info"] == before  # a draft

    # Side by side, in words; what is put as it was is no difference any more.
    page.get_by_label("Loss", exact=True).select_option("non-saturating")
    expect(field(page, "objective").get_by_text("changed")).to_be_hidden()
    page.get_by_role("button", name="Compare with what I had").click()
    compared = page.get_by_role("region", name="What differs from the run")
    cells = "(all) => all.map((row) => [...row.children].map((cell) => cell.innerText))"
    assert compared.locator("tr").evaluate_all(cells) == [
        ["Running", "Draft"],
        ["Target"],
        ["Spiral", "Ring of Gaussians (modes = 5, spread = 0.01)"],
        ["Generator"],
        [
            "128, 128, 128 · Leaky ReLU (slope below 0 = 0.1) · tanh",
            "128, 32 · Leaky ReLU (slope below 0 = 0.1) · linear",
        ],
        ["Batch"],
        ["256", "64"],
    ]
    page.get_by_label("Loss", exact=True).select_option("minimax")

    server.command("pace", steps=1)
    start.click()
    status = server.wait_until(lambda s: s["info"]["run"] != before["run"] and s["step"] > 3)
    server.command("pause")
    config = {"objective": "minimax", "target": "ring(modes=5, sd=0.01)", "batch": "64"}
    config["generator"] = "128,32:leaky-relu(slope=0.1):linear"
    assert {name: str(status["info"]["config"][name]) for name in config} == config
    assert (status["info"]["parent"], status["info"]["values"]["lr_g"]) == (None, 0.003)  # the sliders are as they were
    steps = server.status()["step"]
    np.testing.assert_array_equal(server.metrics(), rows(engine(config, lr_g=0.003), steps))
    dashboard.catch_up()
    expect(says(page)).to_contain_text("As the run has it")
    expect(page.locator("#experiment-gist")).to_have_text("Ring of Gaussians · Minimax · no penalty")
    expect(page.locator("#story-altered")).to_contain_text("loss minimax")

    # A link to it opens the same, and so does the panel.
    page.locator("#copy-link").click()
    expect(page.locator('.notice[data-key="copied"]')).to_be_visible()
    link = page.url
    server.open_preset("quick")
    page.goto("about:blank")
    page.goto(link)
    server.wait_until(lambda s: s["info"]["config"]["batch"] == 64 and s["step"] == steps and s["goal"] is None)
    dashboard.catch_up()
    unfold(page)
    expect(page.get_by_label("Ring of Gaussians: Modes")).to_have_value("5")
    expect(page.get_by_role("textbox", name="Generator: units of hidden layer 2")).to_have_value("32")
    expect(page.get_by_label("Generator: Output")).to_have_value("linear")


def test_what_is_wrong_says_why_and_put_back_drops_it(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(5)
    page = dashboard.open().page
    unfold(page)
    start = page.get_by_role("button", name="Start", exact=True)
    page.get_by_label("Target", exact=True).select_option("ring")
    wrong = [
        ("Ring of Gaussians: Modes", "99", "Modes must be a whole number from 1 to 64.", "8"),
        ("Ring of Gaussians: Modes", "2.5", "Modes must be a whole number from 1 to 64.", "8"),
        ("Ring of Gaussians: Spread", "much", "Spread must be a number from 0.001 to 0.3.", "0.02"),
        ("Batch", "63", "Batch must be an even number from 2 to 8192.", "64"),
        (
            "Discriminator: units of hidden layer 3",
            "2000",
            "Hidden layer 3 must be a whole number from 1 to 1024.",
            "64",
        ),
    ]
    for name, text, sentence, mended in wrong:
        box = page.get_by_label(name, exact=True)
        box.fill(text)
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_accessible_description(re.compile(re.escape(sentence)))
        expect(page.locator("#experiment .field-error").get_by_text(sentence)).to_be_visible()
        expect(says(page)).to_contain_text("First mend what is marked")
        expect(start).to_be_disabled()
        box.fill(mended)
        expect(box).to_have_attribute("aria-invalid", "false")
        expect(start).to_be_enabled()

    # What only the server can tell is said here, and neither the run nor the draft is lost.
    dashboard.watch.tolerate("409")
    run = server.status()["info"]["run"]
    for network in ("Generator", "Discriminator"):
        for layer in (1, 2, 3):
            page.get_by_label(f"{network}: units of hidden layer {layer}").fill("1024")
    page.get_by_label("Batch", exact=True).fill("8192")
    page.get_by_label("Packing", exact=True).fill("4")
    start.press("Enter")
    expect(page.locator("#experiment-error")).to_contain_text("together ask for more memory than a run may take")
    expect(start).to_be_focused()
    assert server.status()["info"]["run"] == run
    expect(page.get_by_label("Batch", exact=True)).to_have_value("8192")

    page.get_by_role("button", name="Put back").click()
    expect(says(page)).to_contain_text("As the run has it")
    expect(page.locator("#experiment-error")).to_be_empty()
    expect(page.get_by_label("Batch", exact=True)).to_have_value("256")
    expect(page.get_by_label("Target", exact=True)).to_have_value("spiral")
    expect(page.get_by_label("Target", exact=True)).to_be_focused()


def test_branch_here_with_this_keeps_what_fits(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20, 20)
    parent = server.status()["info"]
    past = server.metrics()
    page = dashboard.open().page
    unfold(page)
    branch = page.get_by_role("button", name="Branch here with this")
    expect(branch).to_be_disabled()
    dashboard.go_to(30)
    page.get_by_label("Loss", exact=True).select_option("squared-error")
    page.get_by_role("button", name="Discriminator: Add a layer").click()
    expect(page.locator("#experiment-about")).to_contain_text("Branch at step 30")
    branch.click()
    status = server.wait_until(lambda s: s["info"]["parent"] == parent["id"] and s["phase"] == "paused")
    assert (status["step"], status["info"]["changed_at"]) == (30, 30)
    dashboard.catch_up()
    dashboard.expect_step(30)
    expect(page.locator('.notice[data-key="note"]')).to_contain_text(
        "Kept: G's weights, what G's optimiser has gathered, the random streams. "
        "Begun anew: D's weights, what D's optimiser has gathered."
    )
    expect(says(page)).to_contain_text("As the run has it")

    # It goes on with the kept weights: held against engines led by hand.
    config = {"objective": "squared-error", "discriminator": "128,128,128,128:leaky-relu(slope=0.1)"}
    first, second = engine({}), engine(config)
    first.advance(30)
    follow(second, first)
    server.train(12)
    np.testing.assert_array_equal(server.metrics()[:30], past[:30])
    np.testing.assert_array_equal(server.metrics()[30:], rows(second, 12))

    # Where it was changed is marked on the way.
    dashboard.catch_up()
    expect(page.locator(".event.otherwise")).to_have_attribute(
        "title", re.compile("step 30: .*Loss non-saturating → squared")
    )
    # The parent is the ghost, and trained the steps before.
    dashboard.catch_up()
    dashboard.until("""document.querySelector("#metrics-panel .js-plotly-plot")._fullData
        .some(({ name }) => name === "parent D loss")""")
    dashboard.go_to(13)
    expect(page.locator("#exact-words")).to_contain_text("exact, as recorded")
    # A link could not say all this; the library can.
    page.locator("#copy-link").click()
    expect(page.locator('.notice[data-key="copied"]')).to_contain_text(
        "Up to step 30 this run was made of something else"
    )
    page.locator("#runs").click()
    expect(page.get_by_role("dialog")).to_contain_text("up to step 30 with discriminator 128,128,128:leaky-relu")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_keyboard_alone_is_enough(dashboard: DashboardPage, size: tuple[int, int]) -> None:
    server = dashboard.server
    server.train(8)
    page = dashboard.open(size=size).page
    page.locator("#experiment-fold").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#experiment-start")).to_be_visible()
    visited = []
    for _ in range(60):
        page.keyboard.press("Tab")
        now = page.evaluate(
            """() => {
                const focused = document.activeElement;
                const box = focused.getBoundingClientRect();
                const feet = [".footer", ".experiment-foot"].map((name) => document.querySelector(name));
                const covered = feet.some((foot) => {
                    if (foot.contains(focused) || getComputedStyle(foot).position !== "sticky") return false;
                    const over = foot.getBoundingClientRect();
                    return box.bottom > over.top + 1 && box.top < over.bottom - 1;
                });
                return { id: focused.id, inside: Boolean(focused.closest("#experiment")), covered,
                         outlined: getComputedStyle(focused).outlineStyle !== "none" };
            }"""
        )
        if not now["inside"]:
            break
        assert now["outlined"], now
        assert not now["covered"], now
        visited.append(now["id"])
        if now["id"] == "experiment-penalty-choice":
            break
        if now["id"] == "experiment-objective-choice":
            page.keyboard.press("ArrowDown")
            expect(field(page, "objective").get_by_text("changed")).to_be_visible()
    assert {"experiment-target-choice", "experiment-generator-unit-0", "experiment-generator-output"} <= set(visited)
    page.locator("#experiment-penalty-choice").focus()
    while page.evaluate("document.activeElement.id") != "experiment-start":
        page.keyboard.press("Tab")
    run = server.status()["info"]["run"]
    page.keyboard.press("Enter")
    status = server.wait_until(lambda s: s["info"]["run"] != run)
    assert status["info"]["config"]["objective"] != "non-saturating"
    expect(page.locator("#experiment-fold")).to_be_focused()
    server.command("pause")


def test_axe_finds_no_barrier_in_it(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    page = dashboard.open().page
    unfold(page)
    page.get_by_label("Target", exact=True).select_option("ring")
    page.get_by_label("Ring of Gaussians: Modes").fill("99")
    page.get_by_role("button", name="Compare with what I had").click()
    for size, _ in in_every_look(dashboard):
        expect_no_barriers(dashboard)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        width = page.evaluate("document.querySelector('#experiment').getBoundingClientRect().width")
        if size == PHONE:
            assert width > 0.9 * size[0]
        sticking = page.evaluate(
            """() => {
                const edge = (element) => element.getBoundingClientRect().right;
                const right = edge(document.querySelector("#experiment"));
                const all = [...document.querySelectorAll("#experiment *")];
                const out = all.filter((element) => edge(element) > right + 1);
                return out.map((element) => element.outerHTML.slice(0, 80));
            }"""
        )
        assert sticking == []


def test_the_panels_keep_their_room(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    for size in (DESKTOP, (1280, 720)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        dashboard.settled()
        before = {name: dashboard.area(name) for name in ("metrics", "discriminator")}
        unfold(page)
        dashboard.settled()
        assert {name: dashboard.area(name) for name in before} == before
        foot = page.locator(".experiment-foot").bounding_box()
        assert foot is not None
        assert foot["y"] + foot["height"] <= size[1]
        page.locator("#experiment-fold").click()
