"""Who counts as watching, and through which lenses."""

from __future__ import annotations

from gan_core.looks import WATCHED_FOR, Looks


def test_nobody_watches_at_first_and_after_a_while() -> None:
    looks = Looks()
    assert not looks.any(0.0)
    assert looks.note(10.0, ())
    assert looks.any(10.0 + 0.9 * WATCHED_FOR)
    assert not looks.any(10.0 + 1.1 * WATCHED_FOR)


def test_a_lens_is_wanted_while_somebody_asks_for_it() -> None:
    looks = Looks()
    assert looks.note(0.0, {"tears"})
    assert not looks.note(0.5, {"tears"})  # nothing new
    assert looks.note(0.6, {"pull"})  # somebody else, through another one
    assert looks.lenses(0.7) == {"tears", "pull"}
    assert not looks.note(0.5 + WATCHED_FOR, {"pull"})
    assert looks.lenses(0.6 + WATCHED_FOR) == {"pull"}
