"""What goes to the browser, as bytes: envelopes (`gan_core.wire.envelope`) with these headers and arrays.

Nothing depends on the request: there is no Content-Encoding to agree on.

frame    (GET /api/frame, /api/frame/STEP)  `kind` "frame", `version`, `run`, `step`, `time` (s since the epoch),
         `resolution`, `image_start` and `image_spacing` (latent coordinates of the image's first cell and between two
         cells), perhaps `score` [level, reach] (`Snapshot.score`), `kept` (false for a frame that may still be
         replaced). `body` "zlib". Arrays: `latent_map` and `sample_map` u1 (R, R), 255 = real, row 0 lowest,
         differences; `image` i2 (M, M, 2), differences; `trail` i2 (T, 4): centre x, y, bluest x, y, at the steps
         `trail_steps` i4 (T,); `fakes` i2 (N, 2). Divide i2 by 32767.
         Perhaps also, in this order: `reading` f4 (K,) (records/readings.py) and `along` i2 (S,), the fakes in each
         part of the data; `latents` i2 (N, 2), where the z of the fakes are on the plane through latent space that
         `plane` [across, up, towards, degrees] (setup/plane.py) tells, if it is not the usual one; of each lens that
         was asked for (`&lens=NAME,NAME`) the arrays that records/arrays.py lists, u1 and i2 as differences.
points   (GET /api/points)    `kind` "points", `run`, `task`, `offers` (names of records/offers.py), `reach` (how far
         from 0 the edge of the latent map is), `best` (least possible loss, or null), `floors` and `collapsed` (name of
         a reading: its value for real data against real, and for a single point), `guides` ([modes, of, loss]:
         records.frames.Guide), `strata` (the S parts of the data, or null: `shares` [...], `words`, `groups` and
         `ends`, as records.frames.StrataInfo). Arrays: `latents` and `reals` i2 (N, 2), divide by 32767.
progress (GET /api/progress)  `kind` "progress", `status` (as /api/status), `from` (first row), `rows` (all there are),
         `stride` (row i is step 1 + i * stride), `changes` ([step, name, old, new], ... from number `changes_from`),
         `events` ([step, kind, about], ... all of them: records/story.py). Arrays: `metrics` f4 (n, 4): d_loss,
         d_accuracy, g_loss, g_accuracy, NaN for a network that is not trained; `kept` i4 (k,): steps with a frame;
         `reading_steps` i4 (m,), `readings` f4 (m, K) and `along` i2 (m, S): of frames from step
         `&readings=STEP` on, perhaps not all at once; a frame in which fewer parts were counted has 0 for the others,
         and one that knew none NaN for `on_band`. Where `stride` is more than 1 also `extremes` f4 (n, 8): the least of
         the four numbers of each row, then the greatest, over all steps after the row before it up to its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from math import prod
from typing import Any

import numpy as np

from gan_core.records.arrays import LENS_ARRAYS, MAX_ARROWS, POINT_SCALE, Float32Array, Int16Array, lens_arrays
from gan_core.records.frames import FixedPoints, Moment, Reading, Snapshot, TrailPoint
from gan_core.records.readings import MAX_PARTS, READINGS
from gan_core.records.status import Progress, Status
from gan_core.setup.plane import USUAL, read_plane
from gan_core.wire.envelope import AnyArray, envelope, pack, pack_body, said
from gan_core.wire.envelope import unpack as decode

__all__ = [
    "CONTENT_TYPE",
    "PackedFrame",
    "check_frame",
    "decode",
    "encode_frame",
    "encode_points",
    "encode_progress",
    "pack_frame",
    "read_frame",
    "status_json",
]

CONTENT_TYPE = "application/octet-stream"
_SMOOTH = ("latent_map", "sample_map", "image")  # sent as differences, as are smooth arrays of lenses
# Along a side of a map, fakes, points of the path, numbers of a reading.
_MAX_CELLS, _MAX_POINTS, _MAX_TRAIL, _MAX_READING = 400, 5000, 1000, 64
_MAX_COUNT = 2**53  # beyond it, JavaScript loses units


@dataclass(frozen=True, slots=True)
class PackedFrame:
    """A frame whose arrays are packed. What may still change, and costs nothing to write, is left open."""

    header: Mapping[str, Any]
    body: bytes

    def envelope(self, *, version: int, kept: bool) -> bytes:
        """The bytes to send."""
        return envelope({**self.header, "version": version, "kept": kept}, self.body)


def pack_frame(frame: Snapshot, trail: Sequence[TrailPoint]) -> PackedFrame:
    """Pack one snapshot with the path that led to it."""
    resolution, image = frame.resolution, frame.image.shape[0]
    stride = resolution // image
    arrays: dict[str, AnyArray] = {
        "latent_map": frame.latent_map,
        "sample_map": frame.sample_map,
        "image": frame.image,
        "trail_steps": np.array([point.step for point in trail], np.int32),
        "trail": _as_int16([(*point.centre, *point.bluest) for point in trail]),
        "fakes": frame.fakes,
    }
    if frame.reading is not None:
        arrays |= {"reading": frame.reading.values, "along": frame.reading.along}
    if frame.latents is not None:
        arrays["latents"] = frame.latents
    arrays |= {array.name: frame.lenses[array.name] for array in lens_arrays() if array.name in frame.lenses}
    header = {
        "kind": "frame",
        "run": frame.moment.run,
        "step": frame.step,
        "time": frame.moment.time,
        "resolution": resolution,
        "image_start": (stride // 2 + 0.5) * 2 / resolution - 1,
        "image_spacing": stride * 2 / resolution,
        **({} if frame.score is None else {"score": list(frame.score)}),
        **({} if frame.plane.usual else {"plane": list(astuple(frame.plane))}),
    }
    listed, body = pack_body(arrays, body="zlib", smooth=_smooth())
    return PackedFrame({**header, **listed}, body)


def encode_frame(frame: Snapshot, *, version: int, trail: Sequence[TrailPoint], kept: bool) -> bytes:
    """Encode one snapshot with the path that led to it."""
    return pack_frame(frame, trail).envelope(version=version, kept=kept)


def read_frame(payload: bytes, run: int) -> Snapshot:
    """Read a frame back, as one of run number `run`. Raises ValueError with a sentence when it is damaged."""
    header, arrays = decode(payload)
    try:
        *_, (centre_x, centre_y, bluest_x, bluest_y) = arrays["trail"] / POINT_SCALE
        step = int(header["step"])
        return Snapshot(
            moment=Moment(run, step, float(header["time"])),
            latent_map=arrays["latent_map"],
            sample_map=arrays["sample_map"],
            fakes=arrays["fakes"],
            image=arrays["image"],
            trail_point=TrailPoint(step, (float(centre_x), float(centre_y)), (float(bluest_x), float(bluest_y))),
            reading=Reading(step, _padded(arrays["reading"]), arrays["along"]) if "reading" in arrays else None,
            lenses={array.name: arrays[array.name] for array in lens_arrays() if array.name in arrays},
            score=_score(header.get("score")),
            plane=read_plane(header["plane"]) if "plane" in header else USUAL,
            latents=arrays.get("latents"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This frame is damaged: {error}.") from None


def check_frame(payload: bytes, step: int) -> None:
    """Raise ValueError with a sentence unless this is a frame of `step` exactly as documented, of a size as made here.

    Meant for a stranger's bytes: no more memory is taken than such a frame needs.
    """
    header, arrays = decode(payload, max_bytes=_max_frame())
    try:
        shape = {name: array.shape for name, array in arrays.items()}
        cells, side = shape["latent_map"][0], shape["image"][0]
        points, path = shape["fakes"][0], shape["trail_steps"][0]
        if not (1 <= side <= cells <= _MAX_CELLS and points <= _MAX_POINTS and 1 <= path <= _MAX_TRAIL):
            raise ValueError("its arrays are of sizes that no frame has")
        if header.pop("arrays") != [*_frame_arrays(cells, side, points, path), *_further_arrays(shape, cells)]:
            raise ValueError("its arrays are not those of a frame")
        if arrays["trail_steps"][-1] != step or (np.diff(arrays["trail_steps"].astype(np.int64)) <= 0).any():
            raise ValueError("its path does not lead to it")
        _score(header.pop("score", None))
        if ("latents" in shape) != ("plane" in header):
            raise ValueError("a plane through latent space and where the latents are on it go together")
        if "plane" in header and read_plane(header.pop("plane")).usual:
            raise ValueError("the usual plane is not told")
        _check_frame_header(header, {"kind": "frame", "body": "zlib", "step": step, "resolution": cells})
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"This is no frame of step {step:,}: {said(error)}.") from None


def _frame_arrays(cells: int, side: int, points: int, path: int) -> list[dict[str, Any]]:
    """What the header of a frame of these sizes lists."""
    listed = (
        ("latent_map", "u1", [cells, cells]),
        ("sample_map", "u1", [cells, cells]),
        ("image", "i2", [side, side, 2]),
        ("trail_steps", "i4", [path]),
        ("trail", "i2", [path, 4]),
        ("fakes", "i2", [points, 2]),
    )
    return [_entry(name, dtype, shape) for name, dtype, shape in listed]


def _further_arrays(shape: Mapping[str, tuple[int, ...]], cells: int) -> list[dict[str, Any]]:
    """What the header of a frame lists after that, if it has all of these: a reading, arrays of lenses."""
    numbers = shape["reading"][0] if "reading" in shape else 0
    parts = shape["along"][0] if "along" in shape else 0
    known: list[tuple[str, str, list[int]]] = [("reading", "f4", [numbers]), ("along", "i2", [parts])]
    known.append(("latents", "i2", [shape["fakes"][0], 2]))
    for arrays in LENS_ARRAYS.values():
        listed = (shape[a.name][a.shape.index("P")] for a in arrays if "P" in a.shape and a.name in shape)
        sizes_of = {"R": cells, "P": min(next(listed, 0), MAX_ARROWS)}
        known += [(a.name, a.dtype, [sizes_of[n] if isinstance(n, str) else n for n in a.shape]) for a in arrays]
    if numbers > _MAX_READING or parts > MAX_PARTS:
        raise ValueError("its arrays are of sizes that no frame has")
    together = [("reading", "along"), *([array.name for array in arrays] for arrays in LENS_ARRAYS.values())]
    if any(len({name in shape for name in names}) > 1 for names in together):
        raise ValueError("a part of a reading or of a lens is missing")
    return [_entry(name, dtype, sizes) for name, dtype, sizes in known if name in shape]


def _score(given: object) -> tuple[float, float] | None:
    """Level and reach of a critic's map. Raises ValueError for what cannot be."""
    if given is None:
        return None
    if not isinstance(given, list) or len(given) != 2 or not all(type(x) is float and abs(x) < 1e38 for x in given):
        raise ValueError("its score is not a level and a reach")
    level, reach = given
    if reach <= 0:
        raise ValueError("its score reaches nowhere")
    return level, reach


def _smooth() -> set[str]:
    return {*_SMOOTH, *(array.name for array in lens_arrays() if array.smooth)}


def _max_frame() -> int:
    """Bytes of a frame's arrays at most."""
    own = 6 * _MAX_CELLS**2 + 8 * _MAX_POINTS + 12 * _MAX_TRAIL + 1024
    most = {"R": _MAX_CELLS, "P": MAX_ARROWS}
    sizes = (prod(most[n] if isinstance(n, str) else n for n in array.shape) for array in lens_arrays())
    return own + 4 * sum(sizes)


def _entry(name: str, dtype: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "dtype": dtype, "shape": shape} | ({"coding": "differences"} if name in _smooth() else {})


def _check_frame_header(header: dict[str, Any], fixed: Mapping[str, Any]) -> None:
    """Check all fields but the list of arrays: those of `fixed` have these values, the others only a kind and range."""
    ranges = {
        "version": (int, 0, _MAX_COUNT),
        "run": (int, 0, _MAX_COUNT),
        "time": (float, 0, _MAX_COUNT),
        "image_start": (float, -1, 1),
        "image_spacing": (float, 0, 2),
        "kept": (bool, 0, 1),
    }
    if set(header) != {*fixed, *ranges}:
        raise ValueError("its header has other fields")
    for name, value in fixed.items():
        if type(header[name]) is not type(value) or header[name] != value:
            raise ValueError(f"its {name} is not {value!r}")
    for name, (kind, low, high) in ranges.items():
        if type(header[name]) is not kind or not low <= header[name] <= high:
            raise ValueError(f"its {name} is out of range")


def encode_points(points: FixedPoints) -> bytes:
    """Encode a run's fixed inputs."""
    header = {
        "kind": "points",
        "run": points.run,
        "task": points.task,
        "offers": sorted(points.offers),
        "reach": points.reach,
        "best": points.best,
        "floors": dict(points.floors),
        "collapsed": dict(points.collapsed),
        "guides": [[guide.modes, guide.of, guide.loss] for guide in points.guides],
        "strata": None if points.strata is None else asdict(points.strata),
    }
    return pack(header, {"latents": points.latents, "reals": points.reals})


def encode_progress(progress: Progress) -> bytes:
    """Encode what happened since the browser last asked."""
    header = {
        "kind": "progress",
        "status": status_json(progress.status),
        "from": progress.start,
        "rows": progress.rows,
        "stride": progress.stride,
        "changes_from": progress.changes_from,
        "changes": [[c.step, c.name, c.old, c.new] for c in progress.changes],
        "events": [[event.step, event.kind, event.about] for event in progress.events],
    }
    readings = [reading for reading in progress.readings if len(reading.values) <= len(READINGS)]
    arrays: dict[str, AnyArray] = {
        "metrics": progress.metrics,
        "kept": np.asarray(progress.kept, np.int32),
        "reading_steps": np.array([reading.step for reading in readings], np.int32),
        "readings": np.array([reading.values for reading in readings], np.float32).reshape(-1, len(READINGS)),
        "along": _side_by_side([reading.along for reading in readings]),
    }
    if progress.extremes is not None:
        arrays["extremes"] = progress.extremes
    return pack(header, arrays)


def status_json(status: Status) -> dict[str, Any]:
    """A status as JSON-ready values."""
    return asdict(status)


def _padded(values: Float32Array) -> Float32Array:
    """An older reading with NaN for what was not read then."""
    return np.pad(values, (0, max(0, len(READINGS) - len(values))), constant_values=np.nan)


def _side_by_side(counts: Sequence[Int16Array]) -> Int16Array:
    """One row each, as wide as the longest."""
    rows = np.zeros((len(counts), max((len(count) for count in counts), default=0)), np.int16)
    for row, count in zip(rows, counts, strict=True):
        row[: len(count)] = count
    return rows


def _as_int16(rows: Sequence[tuple[float, ...]]) -> Int16Array:
    values = np.array(rows, np.float64).reshape(len(rows), 4)
    return (values.clip(-1, 1) * POINT_SCALE).round().astype(np.int16)
