"""Many runs on the page: the same experiment with other seeds, and a sweep as a map, as the server has their rows."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy import stats

from dashboard_page import PHONE, DashboardPage, Watch
from gan_core.sweep.axis import read_axis
from gan_core.sweep.plan import words
from live_server import COARSE, LiveServer
from test_access import expect_no_barriers_in_any_look

LONG = 150_000  # ms: a child process has to start, and to load Dask and torch
STEPS = 40


@pytest.fixture(scope="module")
def many() -> Iterator[LiveServer]:
    server = LiveServer("--preset", "blank", "--threads", "1", "--paused", script=COARSE)
    yield server
    server.stop()


@pytest.fixture
def dashboard(page: Page, many: LiveServer, watch: Watch) -> DashboardPage:
    return DashboardPage(page, many, watch).open()


def expect_done(page: Page) -> None:
    expect(page.locator(".sweep-progress")).to_have_text(re.compile("^done ·"), timeout=LONG)


def told(server: LiveServer, kind: str) -> dict[str, Any]:
    """The one sweep that is done, with so many axes as `kind` says."""
    axes = {"seeds": 0, "map": 2}[kind]
    listed = json.loads(server.get("/api/sweeps"))["sweeps"]
    found = next(one for one in listed if len(one["axes"]) == axes and one["state"] == "done")
    return dict(json.loads(server.get(f"/api/sweeps/{found['id']}")))


def verdicts(rows: list[dict[str, Any]]) -> set[str]:
    """What is to be read of them, by scipy."""
    said = set()
    for verdict, count in Counter(row["verdict"] for row in rows).items():
        of = stats.binomtest(count, len(rows)).proportion_ci(0.95, method="wilson")
        said.add(f"{verdict.replace('d-has', 'D has')} in {count} of {len(rows)} (95 %: {of.low:.2f} to {of.high:.2f})")
    return said


@pytest.mark.slow
def test_the_same_with_other_seeds(dashboard: DashboardPage) -> None:
    page, server = dashboard.page, dashboard.server
    button = page.locator("#again-with-seeds")
    expect(button).to_have_accessible_name(re.compile("^Again with 8 seeds"))
    button.click()
    seeds = page.locator("#seeds")
    expect(seeds.locator(".multiple")).to_have_count(8)
    seeds.get_by_role("button", name="Pause").click()
    expect(seeds.locator(".sweep-progress")).to_contain_text("paused")

    seeds.get_by_label("Seeds").select_option("4")
    seeds.get_by_label("Steps of each run").fill("none")
    seeds.get_by_role("button", name="Begin").click()
    expect(seeds.locator(".seeds-anew .field-error")).to_contain_text("must be a whole number from 1 to 100,000")
    seeds.get_by_label("Steps of each run").fill(str(STEPS))
    seeds.get_by_role("button", name="Begin").click()
    expect(seeds.locator(".multiple")).to_have_count(4)
    expect_done(page)

    found = told(server, "seeds")
    rows = {row["key"]: row for row in found["rows"]}
    assert [seed for _, _, seed in found["runs"]] == [0, 1, 2, 3]
    for i, (key, _, seed) in enumerate(found["runs"]):
        one = seeds.locator(".multiple").nth(i)
        expect(one).to_have_attribute("data-state", rows[key]["verdict"])
        expect(one).to_contain_text(f"Seed {seed} · step {STEPS}")
        recipe = parse_qs((one.get_attribute("href") or "").removeprefix("/#"))
        assert recipe["seed"] == [str(seed)]
        assert recipe["step"] == [str(STEPS)]
        assert recipe["sweep"] == [found["sweep"]["id"]]
    assert set((seeds.locator(".sweep-verdicts").text_content() or "").split("; ")) == verdicts(found["rows"])
    for name, label in (("coverage", "Coverage"), ("energy", "Energy distance"), ("d_loss", "D's loss")):
        seeds.get_by_label("Curves of").select_option(name)
        ends = [row["readings"][name][-1] for row in found["rows"]]
        if name == "d_loss":
            looks = json.loads(server.get(f"/api/sweeps/{found['sweep']['id']}/looks"))["looks"]
            ends = [look[name] for look in looks if look["step"] == STEPS]
        median, low, high = (f"{x:.3g}" for x in (np.median(ends), min(ends), max(ends)))
        words_ = seeds.locator(".bands-box p")
        expect(words_).to_contain_text(f"{label} at step {STEPS}: median {median} of 4 seeds, from {low} to {high}.")
    expect_no_barriers_in_any_look(dashboard, "#seeds")

    # It opens as an ordinary run, which comes to the very fakes that its row has.
    key = found["runs"][2][0]
    fakes = page.evaluate(
        "([id, key]) => dash_clientside.sweeps.fakes(id, [key]).then((found) => [...found[key]])",
        [found["sweep"]["id"], key],
    )
    seeds.locator(".multiple").nth(2).focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    dashboard.watch.attach(opened.value)
    server.wait_until(lambda status: status["info"]["seed"] == 2 and status["step"] == STEPS)
    frame = server.newest_of(STEPS)
    there = frame.arrays["fakes"].reshape(-1, 2)[: len(fakes) // 2]
    np.testing.assert_array_equal(there.reshape(-1), fakes)
    opened.value.close()
    page.bring_to_front()
    page.keyboard.press("Escape")
    expect(seeds).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.slow
def test_a_sweep_by_keyboard(dashboard: DashboardPage) -> None:
    page, server = dashboard.page, dashboard.server
    page.locator("#sweep").focus()
    page.keyboard.press("Enter")
    window = page.locator("#sweep-window")
    expect(window).to_be_visible()
    expect_no_barriers_in_any_look(dashboard, "#sweep-window")
    start = window.get_by_role("button", name="Start")

    def write(field: str, value: str) -> None:
        page.locator(field).focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(value)

    def tried() -> None:
        page.locator("#sweep-ask").focus()
        page.keyboard.press("Enter")

    write("#sweep-x-count", "one")
    tried()
    expect(window.locator("#sweep-error")).to_contain_text("must go from one number to another")
    for field, value in {
        "#sweep-x-from": "0.0002", "#sweep-x-to": "0.002", "#sweep-x-count": "3",
        "#sweep-y-from": "0.5", "#sweep-y-to": "0.9", "#sweep-y-count": "2",
        "#sweep-seeds": "1", "#sweep-steps": str(STEPS),
    }.items():  # fmt: skip
        write(field, value)
    expect(start).to_be_disabled()
    tried()
    expect(window.locator("#sweep-cost")).to_contain_text(f"6 runs, {6 * STEPS} steps in all.", timeout=LONG)
    expect(start).to_be_enabled()
    write("#sweep-seeds", "1")  # another plan, until it is asked again
    expect(start).to_be_disabled()
    tried()
    expect(start).to_be_enabled(timeout=LONG)
    start.focus()
    page.keyboard.press("Enter")

    # Leave, and come back by the list: it goes on without the page.
    expect(window.locator(".map-cell")).to_have_count(6)
    page.goto("about:blank")
    dashboard.open()
    page.locator("#sweep").click()
    look = window.get_by_role("button", name=re.compile("^Look A blank one: Generator learning rate × Generator beta1"))
    look.focus()
    page.keyboard.press("Enter")
    expect_done(page)

    found = told(server, "map")
    assert found["axes"] == [["lr_g", ["0.0002", "0.000632456", "0.002"]], ["beta1_g", ["0.5", "0.9"]]]
    of_cell = {words(found["cells"][row["cell"]]["of"]): row for row in found["rows"]}
    cells = window.locator(".map-cell")
    expect(window.locator('.map-cell[data-done="1"]')).to_have_count(6)
    cells.first.focus()  # the upper left one
    places = [(lr, beta) for beta in ("0.9", "0.5") for lr in ("0.0002", "0.000632456", "0.002")]
    for i, (lr, beta) in enumerate(places):
        row = of_cell[f"beta1_g={beta}, lr_g={lr}"]
        value = f"{row['readings']['coverage'][-1]:.3g}"
        said = f"generator learning rate {lr}, generator beta1 {beta}: Coverage, median {value}, 1 run; "
        expect(cells.nth(i)).to_have_attribute("aria-label", re.compile(f"^{re.escape(said)}"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(cells.nth(4)).to_be_focused()
    expect(window.locator("#map-line")).to_have_text(cells.nth(4).get_attribute("aria-label") or "")
    expect(window.locator("#map-cell h3")).to_have_text("generator learning rate 0.000632456, generator beta1 0.5")
    expect(window.locator(".map-mark")).to_have_text(["2", "7"])
    page.keyboard.press("Enter")
    one = window.locator("#map-cell .multiple")
    expect(one).to_be_focused()
    recipe = parse_qs((one.get_attribute("href") or "").removeprefix("/#"))
    assert recipe["value.lr_g"] == ["0.000632456"]
    assert recipe["step"] == [str(STEPS)]
    window.get_by_label("Colour").select_option("=undecided")
    expect(window.locator("#map-line")).to_contain_text("Share of runs: undecided")
    expect_no_barriers_in_any_look(dashboard, "#sweep-window")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert window.evaluate("(root) => root.scrollWidth <= root.clientWidth")

    window.get_by_role("button", name="Delete").click()
    expect(window.get_by_role("button", name="Keep it")).to_be_focused()
    window.get_by_role("button", name="Delete it").click()
    expect(window.get_by_role("heading", name="A new sweep")).to_be_visible()
    expect(look).to_have_count(0)


def test_the_plan_of_a_recorded_run(dashboard: DashboardPage) -> None:
    """What it is made of, and the changes of its sliders; not what trains elsewhere meanwhile."""
    server, page = dashboard.server, dashboard.page
    server.command("new-seed", seed=7)
    server.command("preset", name="blank", config={"batch": "64"}, values={"beta1_g": 0.25})
    server.train(5)
    server.command("set", values={"lr_g": 0.01})
    server.train(5)
    run = server.status()["info"]["id"]
    server.command("preset", name="quick")
    page.goto(f"{server.origin}/?run={run}")
    dashboard.until("s.status && s.status.step === 10 && s.changes.length === 1")
    assert page.evaluate("dash_clientside.seeds.present()") == {
        "preset": "blank",
        "config": {"batch": "64", "beta1_g": "0.25"},
        "changes": [[6, "lr_g", 0.01]],
        "seed": 7,
    }
    expect(page.locator("#again-with-seeds")).to_be_visible()
    against = page.evaluate("dash_clientside.seeds.asScenario()")
    assert {**against["config"], **against["values"]} == {"batch": "128", "beta1_g": "0.5"}


def test_what_is_computed_in_the_page(dashboard: DashboardPage) -> None:
    page = dashboard.page
    for count, of in ((0, 8), (5, 8), (8, 8), (1, 3), (700, 1000)):
        found = page.evaluate("([count, of]) => dash_clientside.statistics.wilson(count, of)", [count, of])
        known = stats.binomtest(count, of).proportion_ci(0.95, method="wilson")
        assert (found["low"], found["high"]) == pytest.approx((known.low, known.high), abs=1e-12)
    numbers = [3.0, None, 1.0, 2.5, 7.0]
    found = page.evaluate("(numbers) => dash_clientside.statistics.summary(numbers)", numbers)
    assert found == {"low": 1.0, "median": float(np.median([3, 1, 2.5, 7])), "high": 7.0, "n": 4}
    # A plane crosses its level on one straight line, and a square without a number has none.
    pieces = page.evaluate(
        "() => dash_clientside.contour.lines(5, 4, (i, j) => (i === 4 && j === 3 ? NaN : 0.3 * i + 0.2 * j), 0.7)"
    )
    ends = np.array(pieces).reshape(-1, 2)
    assert len(ends) > 4
    np.testing.assert_allclose(ends @ [0.3, 0.2], 0.7)
    # The article's settings are marked where beta1 is that of both players, too; numbers beside the map are short.
    marks, ticks = page.evaluate("""() => {
        const xs = { name: "lr_g", values: ["1e-05", "0.000464159", "0.001", "0.01"] };
        const ys = { name: "beta1", values: ["0.5", "0.9"] };
        const cells = [[0, 1, 2, 3], [4, 5, 6, 7]];
        const { root } = dash_clientside.sweepGrid.make({ title: "", xs, ys, cells, told: {} });
        const of = (part) => [...root.querySelectorAll(part)];
        const told = of(".map-mark").map((mark) => [mark.textContent, mark.style.left, mark.style.bottom]);
        return [told, of(".map-ticks.x span").map((one) => one.textContent)];
    }""")
    assert marks[0] == ["2", "62.5%", "75%"]
    assert [marks[1][0], marks[1][2]] == ["7", "25%"]
    assert ticks == ["1e-5", "4.6e-4", "0.001", "0.01"]
    for text, given in {
        "lr_g=1e-4..1e-2:5:log": (1e-4, 1e-2, 5, True, False),
        "beta1_g=0..0.9:4": (0, 0.9, 4, False, False),
        "updates_d=1..5:3": (1, 5, 3, False, True),
    }.items():
        spaced = page.evaluate("(given) => dash_clientside.sweepForm.spaced(...given)", given)
        assert [float(value) for value in spaced] == [float(value) for value in read_axis(text).values]
