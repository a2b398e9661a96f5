"""What goes to the browser, read by a second reader that follows the format's documentation and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from envelope_reader import read
from gan_core.records.arrays import lens_arrays
from gan_core.records.frames import FixedPoints, Moment, Reading, Snapshot, StrataInfo, TrailPoint
from gan_core.records.readings import READINGS
from gan_core.records.status import Phase, Progress, RunInfo, Status
from gan_core.records.steps import Change, InForce
from gan_core.records.story import Event
from gan_core.setup.plane import Plane
from gan_core.wire import frames as wire


def snapshot(resolution: int = 5, points: int = 3, side: int = 5, seed: int = 0) -> Snapshot:
    random = np.random.default_rng(seed)

    def array(dtype: type, *shape: int) -> np.ndarray:
        bounds = np.iinfo(dtype)
        return random.integers(bounds.min, bounds.max, shape, dtype, endpoint=True)

    return Snapshot(
        moment=Moment(run=7, step=42, time=1234.5),
        latent_map=array(np.uint8, resolution, resolution),
        sample_map=array(np.uint8, resolution, resolution),
        fakes=array(np.int16, points, 2),
        image=array(np.int16, side, side, 2),
        trail_point=TrailPoint(42, (0.1, 0.2), (0.3, 0.4)),
    )


STATUS = Status(
    phase=Phase.TRAINING,
    info=RunInfo(
        run=7,
        id="r7",
        preset="better",
        seed=2**53 - 1,
        device="cpu",
        precision="float32",
        threads=2,
        config={"batch": 8},
        values={"lr_g": 0.5},
        by_hand=True,
    ),
    step=42,
    steps_per_second=31.5,
    looking_share=0.15,
    looking_measured=0.14,
    pace=None,
    frames=12,
    memory_bytes=34567,
    values={"lr_g": InForce(2e-4, 1), "beta1_d": InForce(0.5, 40)},
    changes=1,
    error=None,
)
READING = Reading(42, np.linspace(0, 1, len(READINGS), dtype=np.float32), np.arange(50, dtype=np.int16))
READING.values[3] = np.nan  # not defined for this target, say
PROGRESS = Progress(
    status=STATUS,
    start=2,
    rows=5,
    stride=4,
    metrics=np.arange(12, dtype=np.float32).reshape(3, 4) / 7,
    changes_from=1,
    changes=(Change(40, "beta1_d", 0.9, 0.5), Change(41, "lr_g", 1e-3, 2e-4)),
    kept=(0, 1, 2, 40, 2_000_000_000),
    readings=(replace(READING, step=40), READING),
    events=(Event(41, "diagnosis", {"state": "covering"}),),
)
TRAIL = [TrailPoint(40, (-0.123456, 0.5), (0.99, -0.995)), TrailPoint(2_000_000_000, (0.1, 0.2), (0.3, 1.0))]


@pytest.mark.parametrize("resolution", [4, 5, 50, 100])
def test_frame_as_documented(resolution: int) -> None:
    side = resolution if resolution < 100 else 50
    frame = snapshot(resolution, 3, side)
    header, arrays = read(wire.encode_frame(frame, version=99, trail=TRAIL, kept=True))
    listed = header.pop("arrays")
    # Every second latent cell at 100: the first one is cell 1, whose centre is at -1 + 1.5 * 2/100.
    start, spacing = (-0.97, 0.04) if side < resolution else (-1 + 1 / resolution, 2 / resolution)
    assert header.pop("image_start") == pytest.approx(start)
    assert header.pop("image_spacing") == pytest.approx(spacing)
    assert header == {
        "kind": "frame",
        "version": 99,
        "run": 7,
        "step": 42,
        "time": 1234.5,
        "resolution": resolution,
        "kept": True,
        "body": "zlib",
    }
    assert {a["name"]: (a["dtype"], a["shape"], a.get("coding")) for a in listed} == {
        "latent_map": ("u1", [resolution, resolution], "differences"),
        "sample_map": ("u1", [resolution, resolution], "differences"),
        "image": ("i2", [side, side, 2], "differences"),
        "trail_steps": ("i4", [2], None),
        "trail": ("i2", [2, 4], None),
        "fakes": ("i2", [3, 2], None),
    }
    assert arrays.pop("trail_steps").tolist() == [40, 2_000_000_000]
    exact = np.array([[-0.123456, 0.5, 0.99, -0.995], [0.1, 0.2, 0.3, 1.0]])
    assert np.abs(arrays.pop("trail") - 32767 * exact).max() <= 0.5
    for name, array in arrays.items():
        assert np.array_equal(array, getattr(frame, name))


def with_lenses(frame: Snapshot) -> Snapshot:
    cells, random = frame.resolution, np.random.default_rng(9)
    return replace(
        frame,
        reading=READING,
        lenses={
            "best_d": random.integers(0, 256, (cells, cells)).astype(np.uint8),
            "stretch": random.integers(-32768, 32768, (cells, cells)).astype(np.int16),
            "folded": random.integers(0, 2, (cells, cells)).astype(np.uint8),
            "pull": random.normal(size=(7, 6)).astype(np.float32),
            "asked_share": np.array([0.75], np.float32),
            "mean": random.integers(-32767, 32768, (9, 2)).astype(np.int16),
            "game": random.normal(size=8).astype(np.float32),
            "game_field": random.normal(size=(6, 4)).astype(np.float32),
            "spectrum": random.normal(size=(11, 2)).astype(np.float32),
            "unit_maps": random.integers(0, 256, (24, 24, 5)).astype(np.uint8),
            "unit_ranges": random.normal(size=(5, 2)).astype(np.float32),
            "unit_places": random.integers(0, 9, (5, 4)).astype(np.int16),
            "unit_inputs": random.integers(-1, 5, (5, 3)).astype(np.int16),
            "unit_weights": random.normal(size=(5, 3)).astype(np.float32),
        },
    )


def test_a_reading_and_lenses_travel_with_a_frame() -> None:
    frame = with_lenses(snapshot(6, 3, 6))
    data = wire.encode_frame(frame, version=1, trail=[frame.trail_point], kept=True)
    _, arrays = read(data)
    assert np.array_equal(arrays["reading"], READING.values, equal_nan=True)
    assert np.array_equal(arrays["along"], READING.along)
    for name, array in frame.lenses.items():
        assert np.array_equal(arrays[name], array)
    wire.check_frame(data, 42)
    again = wire.read_frame(data, 7)
    assert again.reading is not None
    assert again.reading.step == 42
    assert set(again.lenses) == {array.name for array in lens_arrays()}


def test_a_part_of_a_lens_is_refused() -> None:
    whole = with_lenses(snapshot(6, 3, 6))
    for missing in ("folded", "asked_share"):
        lenses = {name: array for name, array in whole.lenses.items() if name != missing}
        data = wire.encode_frame(replace(whole, lenses=lenses), version=1, trail=[whole.trail_point], kept=True)
        with pytest.raises(ValueError, match="part of a reading or of a lens"):
            wire.check_frame(data, 42)


def test_a_plane_through_latent_space_travels_with_a_frame() -> None:
    latents = np.array([[1, -2], [3, 4], [-32767, 32767]], np.int16)
    plain = with_lenses(snapshot(6, 3, 6))
    turned = replace(plain, plane=Plane(3, 1, 2, 12.5), latents=latents)
    data = wire.encode_frame(turned, version=1, trail=[turned.trail_point], kept=True)
    header, arrays = read(data)
    assert header["plane"] == [3, 1, 2, 12.5]
    assert np.array_equal(arrays["latents"], latents)
    wire.check_frame(data, 42)
    again = wire.read_frame(data, 7)
    assert again.plane == Plane(3, 1, 2, 12.5)
    assert again.latents is not None
    assert np.array_equal(again.latents, latents)
    usual, _ = read(wire.encode_frame(plain, version=1, trail=[plain.trail_point], kept=True))
    assert "plane" not in usual


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"plane": Plane(3, 1, 2, 5.0)}, "go together"),
        ({"latents": np.zeros((3, 2), np.int16)}, "go together"),
        ({"plane": Plane(3, 3, 2, 5.0), "latents": np.zeros((3, 2), np.int16)}, "three different"),
        ({"plane": Plane(3, 1, 2, 1e9), "latents": np.zeros((3, 2), np.int16)}, "degrees"),
        ({"plane": Plane(3, 1, 2, 5.0), "latents": np.zeros((4, 2), np.int16)}, "not those of a frame"),
    ],
    ids=["no latents", "no plane", "no plane at all", "no angle", "too many"],
)
def test_a_stranger_s_plane_is_checked(changed: dict[str, Any], named: str) -> None:
    frame = replace(snapshot(6, 3, 6), **changed)
    data = wire.encode_frame(frame, version=1, trail=[frame.trail_point], kept=True)
    with pytest.raises(ValueError, match=named):
        wire.check_frame(data, 42)


@pytest.mark.parametrize("longer", ["unit_maps", "unit_places", "unit_weights"])
def test_lists_of_one_lens_that_are_not_equally_long_are_refused(longer: str) -> None:
    whole = with_lenses(snapshot(6, 3, 6))
    axis = whole.lenses[longer].ndim - 1 if longer == "unit_maps" else 0
    more = np.concatenate((whole.lenses[longer], whole.lenses[longer]), axis)
    frame = replace(whole, lenses={**whole.lenses, longer: more})
    with pytest.raises(ValueError, match="not those of a frame"):
        wire.check_frame(wire.encode_frame(frame, version=1, trail=[whole.trail_point], kept=True), 42)


def test_points_as_documented() -> None:
    latents, reals = np.random.default_rng(1).integers(-32767, 32768, (2, 9, 2)).astype(np.int16)
    strata = StrataInfo((0.25, 0.75), "mode", 2, (0.0, 180.0))
    read_off = {"floors": {"distance": 0.017}, "collapsed": {"distance": 0.5}}
    fixed = FixedPoints(5, latents, reals, "noise", 0.0911, strata=strata, reach=3.0, **read_off)
    header, arrays = read(wire.encode_points(fixed))
    told = {
        "task": "noise",
        "reach": 3.0,
        "best": 0.0911,
        "floors": {"distance": 0.017},
        "collapsed": {"distance": 0.5},
    }
    assert {name: header[name] for name in told} == told
    assert header["strata"] == {"shares": [0.25, 0.75], "words": "mode", "groups": 2, "ends": [0.0, 180.0]}
    without, _ = read(wire.encode_points(replace(fixed, strata=None)))
    assert without["strata"] is None
    assert (header["kind"], header["body"]) == ("points", "plain")
    assert header["run"] == 5
    assert [(a["name"], a["dtype"]) for a in header["arrays"]] == [("latents", "i2"), ("reals", "i2")]
    assert np.array_equal(arrays["latents"], latents)
    assert np.array_equal(arrays["reals"], reals)


def test_progress_as_documented() -> None:
    header, arrays = read(wire.encode_progress(PROGRESS))
    assert (header["kind"], header["body"]) == ("progress", "plain")
    assert (header["from"], header["rows"], header["stride"]) == (2, 5, 4)
    assert header["changes_from"] == 1
    assert header["changes"] == [[40, "beta1_d", 0.9, 0.5], [41, "lr_g", 0.001, 0.0002]]
    assert header["status"] == json.loads(json.dumps(wire.status_json(STATUS)))
    assert [(a["name"], a["dtype"], a["shape"]) for a in header["arrays"]] == [
        ("metrics", "f4", [3, 4]),
        ("kept", "i4", [5]),
        ("reading_steps", "i4", [2]),
        ("readings", "f4", [2, len(READINGS)]),
        ("along", "i2", [2, 50]),
    ]
    assert header["events"] == [[41, "diagnosis", {"state": "covering"}]]
    assert arrays["reading_steps"].tolist() == [40, 42]
    assert np.array_equal(arrays["readings"][1], READING.values, equal_nan=True)
    assert np.array_equal(arrays["along"][1], READING.along)
    assert np.array_equal(arrays["metrics"], PROGRESS.metrics)
    assert arrays["kept"].tolist() == [0, 1, 2, 40, 2_000_000_000]


def test_counts_of_fewer_parts_stand_beside_those_of_more() -> None:
    """As where an old recording, whose looks always had 50, goes on."""
    few = replace(READING, step=44, along=np.array([7, 8, 9], np.int16))
    _, arrays = read(wire.encode_progress(replace(PROGRESS, readings=(READING, few))))
    assert np.array_equal(arrays["along"], [READING.along, [7, 8, 9, *[0] * 47]])


@pytest.mark.parametrize(("parts", "good"), [(0, True), (8, True), (256, True), (257, False), (5_000, False)])
def test_a_stranger_s_frame_has_so_many_parts_at_most(parts: int, good: bool) -> None:
    frame = replace(with_lenses(snapshot(6, 3, 6)), reading=replace(READING, along=np.ones(parts, np.int16)))
    data = wire.encode_frame(frame, version=1, trail=[frame.trail_point], kept=True)
    if good:
        wire.check_frame(data, 42)
        again = wire.read_frame(data, 7).reading
        assert again is not None
        assert np.array_equal(again.along, np.ones(parts))
    else:
        with pytest.raises(ValueError, match="sizes that no frame has"):
            wire.check_frame(data, 42)


def test_extremes_travel_behind_everything_else() -> None:
    extremes = np.arange(24, dtype=np.float32).reshape(3, 8)
    header, arrays = read(wire.encode_progress(replace(PROGRESS, extremes=extremes)))
    assert header["arrays"][-1] == {"name": "extremes", "dtype": "f4", "shape": [3, 8]}
    assert np.array_equal(arrays["extremes"], extremes)
    assert np.array_equal(arrays["metrics"], PROGRESS.metrics)


def test_progress_with_nothing_new() -> None:
    empty = replace(PROGRESS, metrics=np.empty((0, 4), np.float32), changes=(), kept=(), readings=(), events=())
    header, arrays = read(wire.encode_progress(empty))
    assert header["changes"] == []
    assert arrays["metrics"].shape == (0, 4)
    assert arrays["kept"].shape == (0,)
    assert arrays["readings"].shape == (0, len(READINGS))
    assert arrays["along"].shape == (0, 0)


def test_status_is_plain_json() -> None:
    assert json.loads(json.dumps(wire.status_json(STATUS))) == {
        "phase": "training",
        "info": {
            "run": 7,
            "id": "r7",
            "preset": "better",
            "seed": 9007199254740991,
            "device": "cpu",
            "precision": "float32",
            "threads": 2,
            "config": {"batch": 8},
            "values": {"lr_g": 0.5},
            "by_hand": True,
            "parent": None,
            "parent_step": None,
            "changed_at": None,
            "config_before": None,
        },
        "step": 42,
        "steps_per_second": 31.5,
        "looking_share": 0.15,
        "looking_measured": 0.14,
        "pace": None,
        "frames": 12,
        "memory_bytes": 34567,
        "values": {"lr_g": {"value": 0.0002, "since": 1}, "beta1_d": {"value": 0.5, "since": 40}},
        "changes": 1,
        "error": None,
        "recording": None,
        "goal": None,
        "note": None,
        "diagnosis": None,
        "length": None,
        "pace_limit": None,
        "pace_chosen": False,
        "plane": {"across": 1, "up": 2, "towards": 3, "degrees": 0.0},
        "figure_end": False,
        "pause_when": {"waits": None, "held": None, "step": None, "gone": None},
    }


def test_text_beyond_ascii_keeps_the_alignment() -> None:
    for error in ("", "x", "ab", "abc", "β₁ is 0.9 — “too high”"):
        header, _ = read(wire.encode_progress(replace(PROGRESS, status=replace(STATUS, error=error))))
        assert header["status"]["error"] == error


@given(hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), st.integers(0, 9), st.integers(0, 2**31))
def test_both_readers_agree_on_every_shape(shape: tuple[int, int], points: int, seed: int) -> None:
    frame = snapshot(max(shape), points, min(shape), seed)
    data = wire.encode_frame(frame, version=seed, trail=TRAIL[: seed % 3], kept=bool(seed % 2))
    header, arrays = read(data)
    again, same = wire.decode(data)
    assert again == header
    assert list(same) == list(arrays)
    for name, array in same.items():
        assert np.array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
        if not name.startswith("trail"):
            assert np.array_equal(array, getattr(frame, name))


def test_what_is_not_finite_is_not_sent_as_broken_json() -> None:
    """JSON has no NaN: a browser would refuse the whole envelope."""
    with pytest.raises(ValueError, match=r"[Oo]ut of range float|nan"):
        wire.encode_progress(replace(PROGRESS, status=replace(STATUS, steps_per_second=float("nan"))))


def test_arrays_that_are_views_arrive_in_order() -> None:
    frame = snapshot(6)
    turned = replace(frame, latent_map=frame.latent_map.T, fakes=frame.fakes[::-1])
    _, arrays = read(wire.encode_frame(turned, version=1, trail=[], kept=False))
    assert np.array_equal(arrays["latent_map"], frame.latent_map.T)
    assert np.array_equal(arrays["fakes"], frame.fakes[::-1])


@given(st.integers(0, 2_000))
def test_a_cut_envelope_is_refused(cut: int) -> None:
    for data in (wire.encode_progress(PROGRESS), wire.encode_frame(snapshot(), version=1, trail=TRAIL, kept=True)):
        with pytest.raises(ValueError):  # noqa: PT011
            wire.decode(data[: cut % len(data)])


def test_decoded_arrays_are_read_only_and_plain_ones_need_no_copy() -> None:
    _, arrays = wire.decode(wire.encode_frame(snapshot(50), version=1, trail=TRAIL, kept=True))
    assert not any(array.flags.writeable for array in arrays.values())
    _, arrays = wire.decode(wire.encode_progress(PROGRESS))
    assert not any(array.flags.owndata or array.flags.writeable for array in arrays.values())


def restless_snapshot() -> Snapshot:
    """A frame with more in it than any seen in thousands of steps of any preset: 28 bands in the sample map, the fakes
    anywhere, and noise in every map and image."""
    random = np.random.default_rng(5)
    along = (np.arange(100) + 0.5) / 50 - 1
    x, y = np.meshgrid(along, along)
    bands = 255 / (1 + np.exp(-60 * np.sin(28 * np.hypot(x, y) + 3 * np.arctan2(y, x))))
    cloud = 255 / (1 + np.exp(-10 * np.sin(9 * x) * np.cos(7 * y)))
    u, v = x[::2, ::2], y[::2, ::2]
    image = np.stack((np.sin(6 * u + v), np.cos(7 * v)), axis=2) + random.normal(0, 0.005, (50, 50, 2))
    return replace(
        snapshot(),
        latent_map=(cloud + random.normal(0, 1, cloud.shape)).clip(0, 255).round().astype(np.uint8),
        sample_map=(bands + random.normal(0, 1, bands.shape)).clip(0, 255).round().astype(np.uint8),
        fakes=random.integers(-32767, 32768, (2000, 2)).astype(np.int16),
        image=(image.clip(-1, 1) * 32767).round().astype(np.int16),
    )


def test_a_live_frame_of_full_size_is_below_30_kilobytes() -> None:
    frame = restless_snapshot()
    path = np.random.default_rng(6).normal(0, 0.1, (100, 4)).cumsum(0).clip(-1, 1)
    trail = [TrailPoint(i, (a, b), (c, d)) for i, (a, b, c, d) in enumerate(path.tolist())]
    data = wire.encode_frame(frame, version=1_785_000_000_000, trail=trail, kept=True)
    assert len(data) < 30_000 < frame.nbytes
    assert np.array_equal(read(data)[1]["sample_map"], frame.sample_map)


def test_a_packed_frame_can_be_sent_under_another_version() -> None:
    packed = wire.pack_frame(snapshot(), TRAIL)
    first, second = (read(packed.envelope(version=v, kept=k)) for v, k in ((1, False), (2, True)))
    assert [(h["version"], h["kept"]) for h, _ in (first, second)] == [(1, False), (2, True)]
    for name, array in first[1].items():
        assert np.array_equal(array, second[1][name])
