"""Notes and tags that a visitor gives a run, or one of its steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gan_core.texts.catalogue import say

MAX_TEXT, MAX_TAGS, MAX_NOTES = 1000, 12, 100  # characters, tags of a note, notes of a run
MAX_TAG = 30  # characters
MAX_STEP = 10**9
# Of all notes of a run, as JSON: a character may take 12 there.
MAX_JSON = MAX_NOTES * (12 * (MAX_TEXT + MAX_TAGS * MAX_TAG) + 200)
_TAG = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True)
class Note:
    """What is noted of a step, or of the whole run."""

    step: int | None  # None: of the run
    text: str  # may have line breaks
    tags: tuple[str, ...] = ()


def make_note(step: object, text: object, tags: object) -> Note:
    """Make one of what a page or a stranger's file says. Raises ValueError with a sentence."""
    if step is not None and (isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= MAX_STEP):
        raise ValueError(say("notes.no-step", most=MAX_STEP))
    words = "\n".join(line.rstrip() for line in text.splitlines()).strip() if isinstance(text, str) else None
    if words is None or len(words) > MAX_TEXT or not words.replace("\n", "").isprintable():
        raise ValueError(say("notes.no-text", most=MAX_TEXT))
    if not isinstance(tags, list | tuple) or len(tags) > MAX_TAGS:
        raise ValueError(say("notes.many-tags", most=MAX_TAGS))
    for tag in tags:
        if not isinstance(tag, str) or len(tag) > MAX_TAG or not _TAG.fullmatch(tag):
            raise ValueError(say("notes.no-tag", tag=repr(tag)[:40], most=MAX_TAG))
    return Note(step, words, tuple(dict.fromkeys(tag.lower() for tag in tags)))


def with_note(notes: Iterable[Note], note: Note) -> tuple[Note, ...]:
    """Notes with another one in the place of that of the same step; an empty one takes that away.

    That of the run comes first, then by step. Raises ValueError with a sentence where there would be too many.
    """
    kept = [other for other in notes if other.step != note.step]
    if note.text or note.tags:
        kept.append(note)
    if len(kept) > MAX_NOTES:
        raise ValueError(say("notes.many", most=MAX_NOTES))
    return tuple(sorted(kept, key=lambda one: -1 if one.step is None else one.step))


def as_json(notes: Iterable[Note]) -> list[list[Any]]:
    """As a run's file holds them: step, text and tags of each."""
    return [[note.step, note.text, list(note.tags)] for note in notes]


def read_notes(value: object) -> tuple[Note, ...]:
    """Read that back, a stranger's too. Raises ValueError."""
    if not isinstance(value, list) or not all(isinstance(one, list) and len(one) == 3 for one in value):
        raise ValueError("its notes are none")
    notes: tuple[Note, ...] = ()
    for step, text, tags in value:
        notes = with_note(notes, make_note(step, text, tags))
    return notes
