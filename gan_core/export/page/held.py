"""What one file holds of a run: some of its kept frames as they are recorded, and its numbers, thinned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.stored import StoredRuns
from gan_core.records.arrays import Float32Array
from gan_core.run.extremes import halved, none, of_rows
from gan_core.run.thinning import nearest
from gan_core.texts.catalogue import say
from gan_core.wire.envelope import pack, read_header, unpack, with_header

MAX_ROWS = 8192  # of numbers: 390 kB with the least and the greatest of the steps between
_COMPUTED = ("game", "tiny")  # of records.offers.OFFERS: a server computes for every step what is shown of these


@dataclass(frozen=True)
class Held:
    """The envelopes of a run that one file holds: see `gan_core.wire.frames`."""

    frames: dict[int, bytes]  # by step, as they are recorded
    points: bytes
    progress: bytes  # everything
    rest: bytes  # to whoever has everything: nothing more
    said: str  # all of this in a sentence


def held(run: RunFile, most: int, room: int) -> Held:
    """Take what a file holds: at most so many frames, and no more than take `room` letters with the rest.

    Raises ValueError with a sentence where there is nothing to show.
    """
    stored = StoredRuns(RunFolder(run.path.parent))
    name = run.path.stem
    header, arrays = _everything(stored, name)
    kept = arrays["kept"].tolist()
    if not kept:
        raise ValueError(say("in-file.no-frames", run=name))
    points = stored.points(name)
    offers = [offer for offer in read_header(points)["offers"] if offer not in _COMPUTED]
    points = with_header(points, offers=offers)
    header, arrays = _thinned(header, arrays)
    header["status"] |= {"recording": None}
    room -= _letters(points, _packed(header, arrays), _packed(*_nothing_more(header, arrays)))
    events = [event[0] for event in header["events"]]
    frames: dict[int, bytes] = {}
    for count in _fewer_and_fewer(min(most, len(kept))):
        found = [stored.frame(name, step) for step in chosen(kept, events, count)]
        frames = {read_header(frame)["step"]: frame for frame in found if frame is not None}
        if _letters(*frames.values()) <= room:
            break
    arrays["kept"] = np.array(sorted(frames), np.int32)
    header["status"] |= {"frames": len(frames)}
    said = _words(header, len(frames), len(kept))
    return Held(frames, points, _packed(header, arrays), _packed(*_nothing_more(header, arrays)), said)


def chosen(kept: Sequence[int], events: Iterable[int], count: int) -> list[int]:
    """At most `count` of the steps that are kept, ascending and at least one: the first and the last, those next to
    events, and of the others so many as there is room for, evenly."""
    if count >= len(kept):
        return list(kept)
    marked = sorted({kept[0], kept[-1], *(nearest(kept, step) for step in events)})
    marked = _evenly(marked, count)
    others = [step for step in kept if step not in set(marked)]
    return sorted([*marked, *_evenly(others, count - len(marked))])


def _evenly(steps: Sequence[int], count: int) -> list[int]:
    """So many of them, evenly; the first and the last where there are two or more."""
    if count >= len(steps):
        return list(steps)
    return [steps[round(i * (len(steps) - 1) / max(1, count - 1))] for i in range(count)]


def _letters(*envelopes: bytes) -> int:
    """How many base64 takes for them, with an end of line each."""
    return sum(-(-len(envelope) // 3) * 4 + 1 for envelope in envelopes)


def _fewer_and_fewer(count: int) -> Iterable[int]:
    while count > 1:
        yield count
        count = count * 4 // 5
    yield 1


def _everything(stored: StoredRuns, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that there is to be told of a run, in one message."""
    header, arrays = unpack(stored.progress(name, 0, 0))
    rows, extremes = [arrays["metrics"]], [arrays.get("extremes", none(0))]
    while sum(map(len, rows)) < header["rows"]:
        _, more = unpack(stored.progress(name, sum(map(len, rows)), header["status"]["changes"]))
        if not len(more["metrics"]):
            break
        rows.append(more["metrics"])
        extremes.append(more.get("extremes", none(0)))
    return header, arrays | {"metrics": np.concatenate(rows), "extremes": np.concatenate(extremes)}


def _thinned(header: dict[str, Any], arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the rows every second one, until they are few enough; the extremes of those between stay."""
    metrics: Float32Array = arrays["metrics"]
    stride = header["stride"]
    extremes = arrays["extremes"] if stride > 1 else of_rows(metrics)
    while len(metrics) > MAX_ROWS:
        metrics, stride = metrics[::2], 2 * stride
        extremes, _ = halved(extremes, none(1))
    header = header | {"rows": len(metrics), "stride": stride}
    arrays = arrays | {"metrics": metrics, "extremes": extremes}
    if stride == 1:
        del arrays["extremes"]
    return header, arrays


def _nothing_more(header: dict[str, Any], arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What somebody is told who has all rows, changes and readings."""
    told = header | {"from": header["rows"], "changes": [], "changes_from": header["status"]["changes"]}
    return told, {name: array if name == "kept" else array[:0] for name, array in arrays.items()}


def _packed(header: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    return pack({name: value for name, value in header.items() if name not in ("arrays", "body")}, arrays, body="zlib")


def _words(header: dict[str, Any], frames: int, kept: int) -> str:
    of_frames = say("in-file.frames", frames=frames, kept=kept)
    if header["stride"] == 1:
        return say("in-file.holds", frames=of_frames)
    return say("in-file.holds-thinned", frames=of_frames, stride=header["stride"])
