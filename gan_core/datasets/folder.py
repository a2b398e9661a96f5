"""The folder in which data sets are kept, one under each fingerprint: its points as .npy, all else beside it as JSON.

The folder is named by an environment variable, so that processes of our own look into the same one.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.datasets import shipped
from gan_core.datasets.dataset import DIGITS, IN_PLACE, SCALES, Dataset, Scale, is_inside
from gan_core.datasets.table import MAX_POINTS, MIN_POINTS, read_table
from gan_core.system.files import put_in_place
from gan_core.texts.catalogue import say, say_or

VARIABLE = "GANSCOPE_DATA"
PREFIX = "csv-"  # of a target's name, before its fingerprint
BESIDE_RUNS = "data"  # what the folder is called in one of runs
MAX_KEPT = 100  # data sets in a folder, of 8 MB at most
_LONGEST = 100  # characters of a name
_SAID = 4  # digits of a fingerprint that are said with a name, as assets/data/own_names.js does
_MAX_NOTE, _MAX_POINTS_FILE = 4096, 8 * MAX_POINTS + 1024  # bytes
_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError)  # what reading files may raise that anybody wrote


class Missing(ValueError):
    """A data set that is not here, or not as it was; the message is a sentence."""


def look_in(folder: Path) -> None:
    """Have data sets kept in this folder, which need not exist, and looked for there, by this process and its own."""
    os.environ[VARIABLE] = str(folder.resolve())


def keep(path: Path, asked: str = "", name: str = "", *, scale: str = "") -> Dataset:
    """Read a table and keep its points; `asked` are two columns, `name` what the file is called if not as here.

    `scale` is a key of SCALES: how they get into the square.
    Raises ValueError with a sentence, also where it cannot be read or kept; nothing is kept then.
    """
    name = " ".join((name or path.name).split())[:_LONGEST]
    try:
        if scale not in SCALES:
            raise ValueError(say("data.no-scale", scale=scale, names=", ".join(filter(None, SCALES))))
        table = read_table(path, asked)
        a, b = (column[:_LONGEST] for column in table.columns)
        found = SCALES[scale](table.points, name, (a, b))
    except FileNotFoundError:
        raise ValueError(say("data.refused", name=name, why=say("data.not-there"))) from None
    except OSError as error:
        why = say("data.not-readable", why=str(error.strerror or error))
        raise ValueError(say("data.refused", name=name, why=why)) from None
    except ValueError as error:
        raise ValueError(say("data.refused", name=name, why=str(error))) from None
    try:
        _write(found)
    except OSError as error:
        why = say("data.not-kept", folder=str(_folder()), why=str(error.strerror or error))
        raise ValueError(say("data.refused", name=name, why=why)) from None
    return found


def load(fingerprint: str) -> Dataset:
    """The data set of a fingerprint, of the folder or one of those that come with GANscope.

    Raises Missing with a sentence unless it is here, to the last bit.
    """
    if _is_shipped(fingerprint):
        return _read_shipped(fingerprint)
    return _load(fingerprint)


def check(target: str) -> None:
    """Raise Missing with a sentence for the name of a data set that is not here; any other target passes."""
    fingerprint = target.removeprefix(PREFIX)
    if _is_own(target) and not _is_shipped(fingerprint) and not _points(fingerprint).is_file():
        raise Missing(_missing(fingerprint))


def is_fingerprint(text: str) -> bool:
    """Whether a text can be what a data set is called."""
    return re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", text) is not None


def sentence(found: Dataset) -> str:
    """What was read, and what the square means."""
    return _words(_note(found))


def listed() -> list[dict[str, str]]:
    """All data sets that are here, the newest first: their `target`, the `name` of the file, and a `sentence`.

    By their notes alone, for their points may be many; one whose note cannot be read is left out.
    """
    found = []
    points_here: list[Path] = []
    with suppress(OSError):  # a folder that is closed to us
        points_here = sorted(_folder().glob("*.npy"), key=lambda path: (-path.stat().st_mtime, path.name))
    for points in points_here:
        if is_fingerprint(points.stem):
            with suppress(*_DAMAGE):
                note = _read_note(points.with_suffix(".json"))
                words = _words(note)
                found.append({"target": f"{PREFIX}{points.stem}", "name": str(note["name"]), "sentence": words})
    return found


def about(target: str) -> dict[str, Any]:
    """What is known of the data of a target, as JSON has it; nothing of other targets, or where they are not here."""
    if not _is_own(target):
        return {}
    try:
        found = load(target.removeprefix(PREFIX))
    except Missing:
        return {}
    return {"data": _note(found)}


def remove(target: str) -> None:
    """Take away the points and the note of a data set.

    Raises Missing with a sentence for one that is not in the folder, and OSError where its files cannot be removed.
    """
    points = _points(target.removeprefix(PREFIX))
    if not _is_own(target) or not points.is_file():
        raise Missing(say("data.none-to-remove", target=called(target)[:_LONGEST], folder=str(_folder())))
    points.unlink()
    points.with_suffix(".json").unlink(missing_ok=True)


def called(target: str) -> str:
    """What a target goes by to people: data of somebody's own by the name of their file, if that is known."""
    if not _is_own(target):
        return target
    fingerprint = target.removeprefix(PREFIX)
    with suppress(*_DAMAGE):
        name = str(_read_note(_points(fingerprint).with_suffix(".json"))["name"])
        return say("own-data.named", name=name, digits=fingerprint[:_SAID])
    return say_or(target, f"part.target.{target}.label")


def _folder() -> Path:
    return Path(os.environ.get(VARIABLE, "") or Path("runs", BESIDE_RUNS))


def _is_own(target: str) -> bool:
    return target.startswith(PREFIX) and is_fingerprint(target.removeprefix(PREFIX))


def _points(fingerprint: str) -> Path:
    return _folder() / f"{fingerprint}.npy"


def _is_shipped(fingerprint: str) -> bool:
    """Whether a data set comes with GANscope, and was not taken in besides."""
    if fingerprint not in shipped.SHIPPED:
        return False
    try:
        return not _points(fingerprint).is_file()
    except PermissionError:  # a folder that is closed to us
        return True


def _read_shipped(fingerprint: str) -> Dataset:
    try:
        return shipped.read(fingerprint)
    except (OSError, ValueError):
        file = str(shipped.TABLES / shipped.SHIPPED[fingerprint].file)
        raise Missing(say("data.shipped-altered", target=f"{PREFIX}{fingerprint}", file=file)) from None


def _load(fingerprint: str) -> Dataset:
    """A data set of the folder. Raises as `load`."""
    points = _points(fingerprint)
    try:
        found = _read(points, points.with_suffix(".json"))
    except FileNotFoundError:
        raise Missing(_missing(fingerprint)) from None
    except _DAMAGE:
        found = None
    if found is None or found.fingerprint != fingerprint:
        raise Missing(say("data.altered", target=f"{PREFIX}{fingerprint}", folder=str(_folder())))
    return found


def _missing(fingerprint: str) -> str:
    return say("data.missing", target=f"{PREFIX}{fingerprint}", folder=str(_folder()))


def _write(found: Dataset) -> None:
    """Write both files, each under its name only once it is whole. Raises OSError, and ValueError with a sentence."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(Missing):
        _load(found.fingerprint)
        return
    if sum(1 for _ in folder.glob("*.npy")) >= MAX_KEPT:
        raise ValueError(say("data.full", folder=str(folder), most=MAX_KEPT))
    points = io.BytesIO()
    np.save(points, found.points, allow_pickle=False)
    _put(folder / f"{found.fingerprint}.json", (json.dumps(_note(found), indent=2) + "\n").encode())
    _put(folder / f"{found.fingerprint}.npy", points.getvalue())


def _note(found: Dataset) -> dict[str, Any]:
    counts = {"points": len(found.points), "held_out": int(found.held_out.sum())}
    return {"name": found.name, "columns": list(found.columns), "scale": asdict(found.scale), **counts}


def _words(note: Mapping[str, Any]) -> str:
    name, count, held = str(note["name"]), int(note["points"]), int(note["held_out"])
    if (*note["scale"]["middle"], note["scale"]["unit"]) == (*IN_PLACE.middle, IN_PLACE.unit):
        return say("data.kept-in-place", name=name, points=count, held=held)
    (x, y), (a, b), unit = map(_brief, note["scale"]["middle"]), map(str, note["columns"]), note["scale"]["unit"]
    if isinstance(unit, int | float):
        return say("data.kept", name=name, points=count, a=a, b=b, held=held, unit=_brief(unit), x=x, y=y)
    across, up = map(_brief, unit)
    return say("data.kept-each", name=name, points=count, a=a, b=b, held=held, unit=across, other=up, x=x, y=y)


def _read_note(path: Path) -> dict[str, Any]:
    """Raises as _DAMAGE lists it."""
    if path.stat().st_size > _MAX_NOTE:
        raise ValueError
    note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return note


def _put(path: Path, content: bytes) -> None:
    place = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        place.write_bytes(content)
        put_in_place(place, path)
    finally:
        place.unlink(missing_ok=True)


def _read(points: Path, note: Path) -> Dataset:
    """A data set from its two files, which anybody may have put there. Raises ValueError, KeyError or TypeError."""
    said = _read_note(note)
    if points.stat().st_size > _MAX_POINTS_FILE:
        raise ValueError
    (x, y), unit = said["scale"]["middle"], _read_unit(said["scale"]["unit"])
    (a, b), name = said["columns"], said["name"]
    with points.open("rb") as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    good = array.dtype == np.float32 and array.ndim == 2 and array.shape[1] == 2
    if not good or not MIN_POINTS <= len(array) <= MAX_POINTS or not is_inside(array).all():
        raise ValueError
    return Dataset(array, Scale((float(x), float(y)), unit), str(name), (str(a), str(b)))


def _read_unit(unit: Any) -> float | tuple[float, float]:
    if isinstance(unit, list):
        a, b = unit
        return float(a), float(b)
    return float(unit)


def _brief(x: float) -> str:
    return f"{x:.4g}"
