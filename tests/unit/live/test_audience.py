"""Who counts as watching, and through which lenses."""

from __future__ import annotations

from gan_core.live.audience import WATCHED_FOR, Audience


def test_nobody_watches_at_first_and_after_a_while() -> None:
    audience = Audience()
    assert not audience.any(0.0)
    assert audience.note(10.0, ())
    assert audience.any(10.0 + 0.9 * WATCHED_FOR)
    assert not audience.any(10.0 + 1.1 * WATCHED_FOR)


def test_a_lens_is_wanted_while_somebody_asks_for_it() -> None:
    audience = Audience()
    assert audience.note(0.0, {"tears"})
    assert not audience.note(0.5, {"tears"})  # nothing new
    assert audience.note(0.6, {"pull"})  # somebody else, through another one
    assert audience.lenses(0.7) == {"tears", "pull"}
    assert not audience.note(0.5 + WATCHED_FOR, {"pull"})
    assert audience.lenses(0.6 + WATCHED_FOR) == {"pull"}


def test_a_frame_is_taken_by_the_first_who_has_it() -> None:
    audience = Audience()
    assert audience.take(7)
    assert not audience.take(7)
    assert not audience.take(6)  # somebody who is behind
    assert audience.taken == 7
    assert audience.take(8)
