"""The instruments on the page: what is painted and said, against numbers that are computed here from the frames."""

from __future__ import annotations

import math
import re
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from playwright.sync_api import expect

from dashboard_page import PHONE, DashboardPage
from gan_core.panels.scales import SCALES, VIRIDIS
from gan_core.panels.theme import LIGHT
from gan_core.records.readings import PLACE
from gan_core.targets.registry import TARGETS
from gan_core.wire import frames as wire
from live_server import Envelope, LiveServer
from page_oracle import COLOURS, POINT, STOPS, image_of, in_pixels
from test_access import expect_no_barriers

Floats = npt.NDArray[np.float64]
SPIRAL = TARGETS["spiral"]
STRETCHES = 50


def _rgb(text: str) -> tuple[int, ...]:
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


def _mixed(stops: Any, share: Any) -> Floats:
    """RGB at places 0..1 along a scale: linear between its stops."""
    places, colours = zip(*stops, strict=True)
    channels = [[_rgb(colour)[channel] for colour in colours] for channel in range(3)]
    return np.stack([np.interp(share, places, channel) for channel in channels], axis=-1)


def _choose(dashboard: DashboardPage, group: str, name: str) -> None:
    """Choose with the keyboard: from the chosen one on, with the arrow keys."""
    radios = dashboard.page.locator(f"#{group}")
    radios.locator("input:checked").focus()
    for _ in range(radios.locator("input").count()):
        if radios.locator("input:checked").get_attribute("value") == name:
            break
        dashboard.page.keyboard.press("ArrowRight")
    expect(radios.locator("input:checked")).to_have_attribute("value", name)
    dashboard.next_frame()


def _with_lens(server: LiveServer, lens: str, array: str) -> Envelope:
    """The newest frame of a paused run, once it has what the lens needs."""
    frame = server.envelope(f"/api/frame?after=0&lens={lens}")
    while array not in frame.arrays or frame.resolution < 400:
        body = server.get(f"/api/frame?after={frame.header['version']}&lens={lens}")
        if body:
            frame = Envelope(*wire.decode(body))
    return frame


def _at_centres(painted: npt.NDArray[np.uint8], cells: int, rows: Any, columns: Any) -> npt.NDArray[np.int64]:
    """The pixels in which the centres of these cells lie; row 0 is the lowest."""
    height, width = painted.shape[:2]
    centres = (np.stack((columns, rows), axis=-1) + 0.5) / cells * 2 - 1
    x, y = in_pixels(centres, width, height)
    return painted[y.astype(int), x.astype(int), :3].astype(int)


# -- over the steps ----------------------------------------------------------------------------------------------------


def _trained(dashboard: DashboardPage) -> LiveServer:
    dashboard.server.train(*[30] * 8)
    dashboard.open()
    dashboard.until("dash_clientside.readings.lastStep() === 240")
    return dashboard.server


def _share_colour(shares: Floats) -> Floats:
    """RGBA of shares of the fakes: none is clear, then evenly in octaves, from an eighth of an even share to all."""
    octaves = np.log2(np.maximum(shares, 1e-9) * len(shares))
    place = np.clip((octaves + 3) / (math.log2(len(shares)) + 3), 0, 1)
    colours = np.concatenate((_mixed(VIRIDIS, 1 - place), np.full((len(shares), 1), 255)), axis=1)
    return np.where(shares[:, None] > 0, colours, 0)


def test_the_spiral_view_is_a_recount_of_the_fakes(dashboard: DashboardPage) -> None:
    server = _trained(dashboard)
    page = dashboard.page
    _choose(dashboard, "curves-view", "strata")
    expect(dashboard.panel("metrics")).to_have_attribute("data-view", "strata")
    dashboard.settled("metrics")
    painted = dashboard.canvas("metrics")
    height, width = painted.shape[:2]
    rows = ((1 - (np.arange(STRETCHES) + 0.5) / STRETCHES) * height).astype(int)
    end = page.evaluate("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range[1]")
    for step in (30, 120, 210):
        fakes = server.frame(step).arrays["fakes"].astype(np.float64) / POINT
        u, v = SPIRAL.inverse(torch.as_tensor(fakes)).numpy().T
        counts = np.histogram(u[np.abs(v) <= 1.5], STRETCHES, (-1, 1))[0]
        column = painted[rows, int((step + 8) / end * width)].astype(int)
        # Points travel rounded, so that one near the end of a stretch may be counted on the other side.
        apart = [np.abs(column - _share_colour((counts + one) / len(fakes))).max(axis=1) for one in (-1, 0, 1)]
        assert (apart[1] <= 4).mean() > 0.8
        between = painted[:, int((step + 25) / end * width)]
        assert (between[:, 3] == 0).mean() > 0.5, "nobody looked between two frames"
        assert np.min(apart, axis=0).max() <= 4, f"step {step}"

        # Under the cursor: the exact count. A click stays there.
        fullest = int(counts.argmax())
        area = dashboard.area("metrics")
        page.mouse.move(
            area.left + (step + 1) / end * area.width,
            area.top + (1 - (fullest + 0.5) / STRETCHES) * area.height,
        )
        dashboard.next_frame()
        there = page.locator("#metrics-panel-notes .there").inner_text().splitlines()
        low = -1 + 2 * fullest / STRETCHES
        assert there[0] == f"u {low:.2f} to {low + 0.04:.2f}".replace("-0.00", "0.00")
        assert int(there[1].split()[0].replace(",", "")) == pytest.approx(counts[fullest], abs=1)
        assert float(there[1].split()[2]) == pytest.approx(100 * counts[fullest] / len(fakes), abs=0.11)
    # Under the colours: where real data are, 19 of 20 stretches.
    told = page.locator("#metrics-panel-notes .legend").inner_text()
    low, high = (float(number) for number in re.findall(r"real data: ([\d.]+) to ([\d.]+) %", told)[0])
    reals = SPIRAL.sample(400 * len(fakes), torch.Generator().manual_seed(3))
    u = SPIRAL.inverse(reals.double())[:, 0].view(400, -1)
    counted = torch.stack([torch.histc(sample, STRETCHES, -1, 1) for sample in u]) * 100 / len(fakes)
    assert float(((counted > low - 0.02) & (counted < high + 0.02)).double().mean()) == pytest.approx(0.95, abs=0.02)
    page.mouse.down()
    page.mouse.up()
    dashboard.until("!s.view.live && s.view.step >= 208 && s.view.step <= 213")


def _by_mode(fakes: Floats) -> Floats:
    """Of a ring of radius 1, of which the square holds 1.7 to either side: fakes within three sd of each mode."""
    angles = 2 * np.pi * np.arange(3) / 3
    centres = np.stack((np.cos(angles), np.sin(angles)), 1)
    return (np.linalg.norm(fakes[:, None] * 1.7 - centres, axis=2) <= 0.3).sum(0)


def _by_moon(fakes: Floats) -> Floats:
    """Fakes in each 25th of either half circle, on the nearer one, within three sd; the square holds 2.2 units."""
    own = fakes * 2.2 + (0.5, 0.25)
    places, distances = [], []
    for x, y in (own.T, ((1, 0.5) - own).T):
        t = np.where(y >= 0, np.arctan2(y, x) / np.pi, np.where(x >= 0, 0, 1))
        places.append(np.clip((t * 25).astype(int), 0, 24))
        distances.append(np.hypot(x - np.cos(np.pi * t), y - np.sin(np.pi * t)))
    lower = distances[1] < distances[0]
    index = np.where(lower, 25 + places[1], places[0])
    return np.bincount(index[np.minimum(*distances) <= 0.3], minlength=50)


OTHERS = [
    ("ring(modes=3, sd=0.1)", _by_mode, "Modes", ["1", "2", "3"], lambda i: f"mode {i + 1}", "of a mode"),
    (
        "moons",
        _by_moon,
        "Moons",
        ["1", "2"],
        lambda i: f"{('upper', 'lower')[i // 25]} moon, {i % 25 * 7.2:.0f}° to {(i % 25 + 1) * 7.2:.0f}°",
        "line of a moon",
    ),
]


@pytest.mark.parametrize(("target", "counted", "label", "ticks", "name", "of"), OTHERS, ids=["ring", "moons"])
def test_another_target_s_parts_are_counted_and_called_by_what_they_are(
    dashboard: DashboardPage, target: str, counted: Any, label: str, ticks: list[str], name: Any, of: str
) -> None:
    dashboard.server.command("preset", name="quick", config={"target": target})
    server = _trained(dashboard)
    page = dashboard.page
    expect(page.locator("label[for=curves-view-strata]")).to_have_text(label)
    for number, said in (("coverage", label.lower()), ("on_band", f"from the middle {of}")):
        told = page.locator(f"#story-numbers div:has(#story-{number})").get_attribute("title") or ""
        assert said in told
        assert "band" not in told, "that is how the spiral's is told"
    _choose(dashboard, "curves-view", "strata")
    expect(dashboard.panel("metrics")).to_have_attribute("data-view", "strata")
    expect(page.locator("#metrics-panel .ytick text")).to_have_text(ticks)
    dashboard.settled("metrics")
    end = page.evaluate("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range[1]")
    painted, seen = dashboard.canvas("metrics"), 0
    for step in (30, 120, 210):
        fakes = server.frame(step).arrays["fakes"].astype(np.float64) / POINT
        counts = counted(fakes)
        parts = len(counts)
        rows = ((1 - (np.arange(parts) + 0.5) / parts) * painted.shape[0]).astype(int)
        keep = np.array([i for i in range(parts) if parts < 50 or i % 25 not in (0, 24)])  # away from the line between
        column = painted[rows, int((step + 8) / end * painted.shape[1])].astype(int)
        apart = [np.abs(column - _share_colour(np.maximum(counts + k, 0) / len(fakes))).max(axis=1) for k in (-1, 0, 1)]
        assert np.min(apart, axis=0)[keep].max() <= 4, f"step {step}"
        fullest = int(counts.argmax())
        area = dashboard.area("metrics")
        page.mouse.move(
            area.left + (step + 1) / end * area.width, area.top + (1 - (fullest + 0.5) / parts) * area.height
        )
        dashboard.next_frame()
        there = page.locator("#metrics-panel-notes .there").inner_text().splitlines()
        assert there[0] == name(fullest)
        assert int(there[1].split()[0].replace(",", "")) == pytest.approx(counts[fullest], abs=1)
        seen += int(counts[fullest] > 0)
    assert seen, "no fakes are on the data at any of these steps: nothing was compared"
    # A look of an old recording, which counted nothing of such data.
    old = "{ step: 7, along: new Int16Array(50), values: dash_clientside.state.settings.readings.map(() => NaN) }"
    said = page.evaluate(f"dash_clientside.kymograph.words({old}, 0.999)")
    assert said == [name(parts - 1), "not counted at this step"]
    # Nothing that is written about the panel speaks of the spiral.
    page.locator("#about-metrics").click()
    words = page.locator("#about-metrics-words, .card:has(#metrics-panel)").all_inner_texts()
    assert len(words) == 2
    assert not [text for text in words if re.search(r"spiral|\bu\b", text, re.IGNORECASE)]


@pytest.mark.sharp
def test_the_other_views_are_the_servers_readings(dashboard: DashboardPage) -> None:
    server = _trained(dashboard)
    dashboard.until("s.shown.resolution === 400")  # its reading replaces that of the quick look at the same step
    said = server.envelope("/api/progress?readings=0")
    steps, readings = said.arrays["reading_steps"], said.arrays["readings"]
    points = server.points().header
    curves = {
        "samples": ("coverage", "on_band", "distance"),
        "quality": ("precision", "recall", "neighbour_coverage", "w2", "w2_of_data"),
        "blame": ("best_d_loss", "d_loss"),
        "chase": ("chase", "follow", "follow_by_chance"),
    }
    floors = {
        "samples": ("coverage", "distance"),
        "quality": ("precision", "recall", "neighbour_coverage"),
        "blame": ("best_d_loss",),
        "chase": ("chase",),
    }
    compared = {"floors": floors, "collapsed": floors | {"quality": ("recall", "w2")}}
    for view, names in curves.items():
        _choose(dashboard, "curves-view", view)
        dashboard.until(
            """argument.every((name) =>
                document.querySelector("#metrics-panel .js-plotly-plot").data.some((trace) => trace.name === name))""",
            names,
        )
        drawn = dashboard.page.evaluate(
            """() => {
                const plot = document.querySelector("#metrics-panel .js-plotly-plot");
                return [
                    Object.fromEntries(plot.data.map(({ name, x, y }) => [name, [Array.from(x), Array.from(y)]])),
                    plot.layout.shapes.map((shape) => shape.y0),
                ];
            }"""
        )
        for name in names:
            x, y = (np.array(values, np.float64) for values in drawn[0][name])
            np.testing.assert_array_equal(x, steps)
            np.testing.assert_array_equal(y.astype(np.float32), readings[:, PLACE[name]])
        for kind, of in compared.items():
            for name in of[view]:
                assert points[kind][name] in drawn[1], f"{kind}: {name}"
        if view == "blame":
            assert math.log(2) in drawn[1]
            last = dict(zip(PLACE, readings[-1].tolist(), strict=True))
            expected = [
                last["best_d_loss"],
                last["d_loss"],
                math.log(2) - last["best_d_loss"],
                last["d_loss"] - last["best_d_loss"],
            ]
            texts = dashboard.notes("metrics").locator("dd").all_inner_texts()
            values = [float(text.split()[0].replace("−", "-")) for text in texts]
            assert values == pytest.approx(expected, abs=6e-4)
        if view == "quality":  # the frame at rest alone has it
            has = np.isfinite(readings[:, PLACE["w2"]])
            assert steps[has].tolist() == [240]
            texts = dashboard.notes("metrics").locator("dd").all_inner_texts()
            assert float(texts[3].split()[0]) == pytest.approx(readings[-1, PLACE["w2"]], abs=6e-4)
    # And keeps it on the page when the run goes on, though the frame that is kept of its step has none.
    server.train(10)
    dashboard.until("dash_clientside.readings.lastStep() === 250")
    found = dashboard.page.evaluate("dash_clientside.readings.value(dash_clientside.readings.nearest(240), 'w2')")
    assert found == pytest.approx(readings[-1, PLACE["w2"]])


def test_the_words_of_the_lines_of_quality_stand_apart_on_a_phone(dashboard: DashboardPage) -> None:
    _trained(dashboard)
    dashboard.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    _choose(dashboard, "curves-view", "quality")
    words = dashboard.page.locator("#metrics-panel .annotation-text")
    expect(words).to_have_count(5)
    dashboard.settled("metrics")

    def check() -> None:
        boxes = [box for box in (word.bounding_box() for word in words.all()) if box]
        assert len(boxes) == 5
        for a, b in combinations(boxes, 2):
            across = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            assert across or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]

    dashboard.eventually(check)


# -- lenses ------------------------------------------------------------------------------------------------------------


@pytest.mark.sharp
def test_the_best_possible_d_and_what_d_is_off_it(dashboard: DashboardPage) -> None:
    server = _trained(dashboard)
    _choose(dashboard, "lens-sample-map", "best")
    frame = _with_lens(server, "best-d", "best_d")
    best = frame.arrays["best_d"].astype(int)
    dashboard.until("s.shown.best_d && s.shown.resolution === 400")
    dashboard.next_frame()
    rows, columns = np.mgrid[5:395:13, 5:395:13].reshape(2, -1)
    at = best[rows, columns]
    # Away from cells without a number, so that what is between the centres plays no part.
    around = [best[i - 1 : i + 2, j - 1 : j + 2] for i, j in zip(rows, columns, strict=True)]
    numbers = np.array([np.ptp(cells) < 12 and cells.max() < 255 for cells in around])
    empty = np.array([cells.min() == 255 for cells in around])
    assert numbers.sum() > 10
    assert empty.sum() > 10
    painted = dashboard.canvas("discriminator")
    pixels = _at_centres(painted, 400, rows, columns)
    wanted = np.stack([np.interp(at[numbers] / 254, STOPS, [c[k] for c in COLOURS]) for k in range(3)], axis=-1)
    assert np.abs(pixels[numbers] - wanted).max() <= 30
    ground = {_rgb(LIGHT["card"]), _rgb(LIGHT["line"])}
    assert {tuple(pixel) for pixel in pixels[empty].tolist()} <= ground

    _choose(dashboard, "lens-sample-map", "difference")
    expect(dashboard.page.locator("#discriminator-panel-title")).to_have_text("D(x) - D*(x)")
    off = frame.arrays["sample_map"][rows, columns] / 255 - at / 254
    pixels = _at_centres(dashboard.canvas("discriminator"), 400, rows, columns)
    assert np.abs(pixels[numbers] - _mixed(SCALES["difference"].stops, (off[numbers] + 1) / 2)).max() <= 30
    k = np.flatnonzero(numbers)[0]
    dashboard.point("discriminator", (columns[k] + 0.5) / 200 - 1, (rows[k] + 0.5) / 200 - 1)
    assert dashboard.words("discriminator")[-1].startswith("D(x) - D*(x) = ")
    assert float(dashboard.words("discriminator")[-1].split()[-1]) == pytest.approx(off[k], abs=0.1)


@pytest.mark.sharp
def test_tears_have_the_stretch_of_g_and_its_ellipse(dashboard: DashboardPage) -> None:
    server = _trained(dashboard)
    _choose(dashboard, "lens-latent", "tears")
    frame = _with_lens(server, "tears", "stretch")
    stretch, folded = frame.arrays["stretch"].astype(float) / 1000, frame.arrays["folded"]
    dashboard.until("s.shown.stretch && s.shown.resolution === 400")
    dashboard.next_frame()
    even = math.log10(0.3 * math.pi / 4)
    rows, columns = np.mgrid[5:395:13, 5:395:13].reshape(2, -1)
    calm = [
        np.ptp(stretch[i - 2 : i + 3, j - 2 : j + 3]) < 0.1 and not np.ptp(folded[i - 2 : i + 3, j - 2 : j + 3])
        for i, j in zip(rows, columns, strict=True)
    ]
    rows, columns = rows[calm], columns[calm]
    assert len(rows) > 50
    pixels = _at_centres(dashboard.canvas("latent"), 400, rows, columns)
    wanted = _mixed(SCALES["stretch"].stops, np.clip((stretch[rows, columns] - even) / 4 + 0.5, 0, 1))
    hatched = np.abs(pixels - (0x1F, 0x29, 0x33)).max(axis=1) < 2
    assert np.abs(pixels - wanted)[~hatched].max() <= 20
    assert not hatched[folded[rows, columns] == 0].any()

    u, v = dashboard.point("latent", (columns[0] + 0.5) / 200 - 1, (rows[0] + 0.5) / 200 - 1)
    words = dashboard.words("latent")
    h = 0.005
    ends = [np.array(image_of(frame, u + du, v + dv)) for du, dv in ((h, 0), (-h, 0), (0, h), (0, -h))]
    factors = np.linalg.svd(np.stack(((ends[0] - ends[1]), (ends[2] - ends[3])), axis=1) / (2 * h), compute_uv=False)
    said = [float(text) for text in words[-1].removeprefix("stretched ≈ ").split(" × ")]
    assert said == pytest.approx(factors.tolist(), rel=0.15, abs=2e-3)
    determinant = float(words[-3].split()[3].rstrip(","))
    assert determinant == pytest.approx(10 ** stretch[rows[0], columns[0]], rel=0.3)
    assert words[-2] == ("turned over (det J < 0)" if folded[rows[0], columns[0]] else "not turned over")


@pytest.mark.sharp
def test_the_mesh_goes_through_g_of_its_vertices(dashboard: DashboardPage) -> None:
    _trained(dashboard)
    frame = dashboard.sharp()
    before = dashboard.canvas("samples").astype(int)
    _choose(dashboard, "lens-samples", "mesh")
    after = dashboard.canvas("samples").astype(int)
    image = frame.arrays["image"].astype(np.float64) / POINT
    drawn = dashboard.page.evaluate("(n) => dash_clientside.mesh.drawn(n)", len(image))
    assert drawn[0] == 0
    assert drawn[-1] == len(image) - 1
    vertices = image[np.ix_(drawn, drawn)].reshape(-1, 2)
    vertices = vertices[np.abs(vertices).max(axis=1) < 0.97]
    height, width = after.shape[:2]
    x, y = (at.astype(int) for at in in_pixels(vertices, width, height))
    ink = np.array([_rgb(LIGHT["text"]), _rgb(LIGHT["accent"])])
    apart = [
        min(
            np.abs(after[j + dj, i + di, :3] - colour).max() for colour in ink for di in (-1, 0, 1) for dj in (-1, 0, 1)
        )
        for i, j in zip(x, y, strict=True)
    ]
    assert np.mean(np.array(apart) < 110) > 0.95
    far = np.ones((height, width), bool)
    for i, j in zip(*(at.astype(int) for at in in_pixels(image.reshape(-1, 2), width, height)), strict=True):
        far[max(0, j - 25) : j + 26, max(0, i - 25) : i + 26] = False
    assert (after[far][:, :3].sum(axis=1) >= before[far][:, :3].sum(axis=1)).all(), "elsewhere it only fades"


@pytest.mark.sharp
def test_pull_arrows_end_where_they_should(dashboard: DashboardPage) -> None:
    server = _trained(dashboard)
    _choose(dashboard, "lens-samples", "pull")
    dashboard.until("s.shown.pull && s.shown.resolution === 400")
    frame = _with_lens(server, "pull", "pull")
    pull, share = frame.arrays["pull"].astype(np.float64), float(frame.arrays["asked_share"][0])
    expect(dashboard.badge("samples")).to_contain_text(f"{round(100 * share)} % as D asked (chance 50 %)")
    factor, longest = dashboard.page.evaluate(
        "[dash_clientside.pull.magnified(dash_clientside.state.shown), dash_clientside.pull.LONGEST]"
    )
    moves = np.hypot(*pull[:, 4:].T)
    assert factor * moves.max() <= longest
    if factor > 1:
        expect(dashboard.badge("samples")).to_contain_text(f"moves × {factor}")
    painted = dashboard.canvas("samples").astype(int)
    height, width = painted.shape[:2]
    for k, scale, name in ((2, longest, "d"), (4, factor, "g")):
        ends = pull[:, :2] + scale * pull[:, k : k + 2]
        long = np.hypot(*pull[:, k : k + 2].T) * scale > 0.05
        ends = ends[long & (np.abs(ends).max(axis=1) < 0.97)]
        if len(ends) < 5:
            continue
        x, y = (at.astype(int) for at in in_pixels(ends, width, height))
        near = [
            min(np.abs(painted[j + dj, i + di, :3] - _rgb(LIGHT[name])).max() for di in (-1, 0, 1) for dj in (-1, 0, 1))
            for i, j in zip(x, y, strict=True)
        ]
        # Arrows may cross each other; the thin violet ones are on top.
        assert np.mean(np.array(near) < 90) > (0.8 if name == "d" else 0.4), name


def test_a_step_of_the_past_is_computed_again_for_a_lens(dashboard: DashboardPage) -> None:
    _trained(dashboard)
    dashboard.go_to(120)
    dashboard.expect_step(120)
    _choose(dashboard, "lens-sample-map", "best")
    title = dashboard.page.locator("#discriminator-panel-title")
    dashboard.until("s.shown.step === 120 && s.shown.best_d")
    expect(title).to_have_text("Best possible D*(x)")
    expect(dashboard.badge("discriminator")).to_contain_text("past · step 120")
    # A preview has none, and says so; the usual map is called what it is.
    dashboard.point_at_step(60)
    dashboard.until("s.view.preview !== null && s.shown.step === 60")
    dashboard.next_frame()
    expect(title).to_have_text("Sample map D(x)")
    expect(dashboard.badge("discriminator")).to_contain_text("click for the lens")


def test_the_end_of_a_recorded_run_is_computed_again_for_a_lens(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(40, 40)
    dashboard.watch.allow(server.origin)
    dashboard.page.goto(f"{server.origin}/?run={server.status()['info']['id']}")
    dashboard.until("s.shown && s.shown.step === 80")
    _choose(dashboard, "lens-sample-map", "best")
    dashboard.until("s.view.live && s.shown.step === 80 && s.shown.best_d")
    expect(dashboard.page.locator("#discriminator-panel-title")).to_have_text("Best possible D*(x)")


# -- tasks -------------------------------------------------------------------------------------------------------------


def test_f_and_its_inverse_are_those_of_the_target(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    z = torch.as_tensor(np.random.default_rng(0).uniform(-1, 1, (200, 2)))
    x = page.evaluate("(all) => all.map(([u, v]) => dash_clientside.spiral.f(u, v))", z.tolist())
    np.testing.assert_allclose(x, SPIRAL.transform(z).numpy(), atol=1e-12)
    anywhere = torch.as_tensor(np.random.default_rng(1).uniform(-1, 1, (200, 2)))
    uv = page.evaluate("(all) => all.map(([x, y]) => dash_clientside.spiral.inverse(x, y))", anywhere.tolist())
    assert SPIRAL.inverse is not None
    np.testing.assert_allclose(uv, SPIRAL.inverse(anywhere).numpy(), atol=1e-9)


TASKS = {
    "target": ("Steps of the way", "From z to f(z)", "Latent square: u", "Its image: u of f⁻¹(x)"),
    "generator-capacity": (
        "Error of G",
        "f(z) and G(z)",
        "Error over latent space",
        "Best possible D, given this G",
    ),
    "discriminator-capacity": (
        "Loss of D",
        "Data and noise",
        "Best possible D*(x)",
        "Sample map D(x)",
    ),
    "mode-collapse": ("Loss and accuracy", "Samples", "Latent map D(G(z))", "Sample map D(x)"),
}


def test_panels_follow_the_task(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.open().page
    for preset, titles in TASKS.items():
        server.open_preset(preset)
        dashboard.catch_up()
        if preset == "discriminator-capacity":  # the same when the page is opened on it
            page.reload()
            dashboard.catch_up()
        for name, title in zip(("metrics", "samples", "latent", "discriminator"), titles, strict=True):
            expect(page.locator(f"#{name}-panel-title")).to_have_text(title)
        latent = page.locator("#latent-panel .g-xtitle text")
        expect(latent).to_have_text("x₁" if preset == "discriminator-capacity" else "u")
        dashboard.until("s.shown.resolution === 100")  # nothing replaces it
        frame, u, v = server.newest(), 0.4, -0.3
        u, v = dashboard.point("latent", u, v)
        image = SPIRAL.transform(torch.tensor([[u, v]])).numpy()[0]
        if preset == "target":
            assert dashboard.cursor_data("samples") == pytest.approx(image.tolist(), abs=1e-6)
            assert dashboard.words("samples")[0].startswith("f(z) = (")
            assert dashboard.words("latent")[1] == f"u = +{map_number(frame, 'latent_map', u, v):.2f}"
        if preset == "generator-capacity":
            assert dashboard.words("latent")[1].startswith("error |G(z) - f(z)| = ")
            byte = cell(frame, "latent_map", u, v)
            assert float(dashboard.words("latent")[1].split()[-1]) == pytest.approx(10 ** (-4 * byte / 255), rel=0.06)
            apart = float(dashboard.words("samples")[-1].split()[-1])
            assert apart == pytest.approx(math.dist(image, image_of(frame, u, v)), abs=2e-3)
        if preset == "discriminator-capacity":
            for name in ("samples", "latent", "discriminator"):
                assert dashboard.cursor_data(name) == pytest.approx((u, v), abs=1e-6)
            assert dashboard.words("discriminator")[1].startswith("D(x) = ")
            assert dashboard.words("latent")[1].startswith("D*(x)")
        dashboard.leave()


def cell(frame: Envelope, array: str, x: float, y: float) -> int:
    cells = frame.arrays[array]
    i, j = (min(int((c + 1) / 2 * len(cells)), len(cells) - 1) for c in (y, x))
    return int(cells[i, j])


def map_number(frame: Envelope, array: str, x: float, y: float) -> float:
    return cell(frame, array, x, y) / 255 * 2 - 1


# -- words about a panel -----------------------------------------------------------------------------------------------


def test_a_button_tells_what_a_panel_shows(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    button = page.get_by_role("button", name="About this panel: Latent map")
    words = page.locator("#about-latent-words")
    expect(words).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(words).to_be_visible()
    expect(words).to_contain_text("blue where D takes the fake made from z for real")
    expect(words).to_contain_text("The thin dark line is where D is undecided")
    expect(words).to_contain_text("Orange lines are tears")
    expect_no_barriers(dashboard)
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    expect(button).to_be_focused()
