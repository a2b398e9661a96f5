"""What came of a run, as its file and the library have it: keys and numbers, and how they are read.

An ending is empty while a run goes on. Else it has some of these: `state`, by the rule of `gan_core.run.diagnosis`;
`coverage` and `on_band` of the fakes, both null where the target has no coverage; or `failed`, the step at which
training stopped by itself, with the losses that were no numbers then (`discriminator`, `generator`: as Python writes
them) or an `error` in its own words. Older files have a sentence in its place, which is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from gan_core.records.story import STATES
from gan_core.texts.catalogue import say

Ending = Mapping[str, str | float | None]
MAX_WORDS = 1000  # characters of a sentence, or of an error's words
_LOSSES = ("discriminator", "generator")


def ending_words(ending: Ending | str) -> str:
    """What came of a run, on one line; empty of one that goes on."""
    if isinstance(ending, str):
        return ending
    if "failed" in ending:
        return say("ending.failed", step=_number(ending["failed"]), what=trouble_words(ending))
    words = [say(f"ending.state.{ending['state']}")] if "state" in ending else []
    if "coverage" in ending:
        words.append(quality_words(ending))
    return ", ".join(words)


def quality_words(ending: Ending) -> str:
    """How well the fakes cover the data."""
    if ending["coverage"] is None:
        return say("ending.no-coverage")
    return say("ending.quality", coverage=_number(ending["coverage"]), on_band=_number(ending["on_band"]))


def trouble_words(ending: Ending) -> str:
    """Which losses were no numbers, or what the error says."""
    if "error" in ending:
        return str(ending["error"])
    losses = [say(f"ending.loss.{name}", loss=str(ending[name])) for name in _LOSSES if name in ending]
    both = losses[0] if len(losses) == 1 else say("ending.both", one=losses[0], other=losses[1])
    return say("ending.diverged", losses=both)


def of_error(error: Exception) -> Ending:
    """What training stopped by, as a part of an ending."""
    words = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return {"error": "".join(c if c.isprintable() else "?" for c in words)[:MAX_WORDS]}


def check_ending(value: object) -> Ending | str:
    """Return what a stranger's file says came of its run. Raises ValueError when it is no ending."""
    if isinstance(value, str) and len(value) <= MAX_WORDS and value.isprintable():
        return value
    if isinstance(value, dict) and all(_may_be(name, part) for name, part in value.items()):
        has = set(value)
        quality = [value.get(name) is None for name in ("coverage", "on_band")]
        judged = has - {"state"} == {"coverage", "on_band"} and quality[0] == quality[1]
        failed = "failed" in has and (has == {"failed", "error"} or (has > {"failed"} and has <= {"failed", *_LOSSES}))
        if has <= {"state"} or judged or failed:
            return value
    raise ValueError("its outcome is none that there can be")


def _may_be(name: object, value: object) -> bool:
    if name == "state":
        return value in STATES
    if name in ("coverage", "on_band"):
        return value is None or (isinstance(value, int | float) and 0 <= value <= 1)
    if name == "failed":
        return type(value) is int and value > 0
    if name in _LOSSES:
        return value in ("nan", "inf", "-inf")
    return name == "error" and isinstance(value, str) and len(value) <= MAX_WORDS and value.isprintable()


def _number(value: str | float | None) -> float:
    assert isinstance(value, int | float)
    return value
