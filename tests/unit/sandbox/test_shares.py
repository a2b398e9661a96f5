"""What of the machine each visitor may have."""

from __future__ import annotations

import pytest

from gan_core.sandbox.shares import LEAST, shares

GB = 10**9


@pytest.mark.parametrize(
    ("count", "cores", "expected"),
    [
        (2, [0, 1, 2, 3], [(0, 1), (2, 3)]),
        (3, [0, 1, 2, 3], [(0,), (1,), (2,)]),
        (4, [3, 7], [(3,), (7,), (3,), (7,)]),
        (1, [0, 1], [(0, 1)]),
    ],
)
def test_cores_are_parted_whole_and_shared_only_where_they_are_too_few(
    count: int, cores: list[int], expected: list[tuple[int, ...]]
) -> None:
    assert [share.cores for share in shares(count, cores, 100 * GB)] == expected


def test_all_memory_together_leaves_some_for_others() -> None:
    parts = shares(8, [0], 16 * GB)
    assert len({share.memory for share in parts}) == 1
    assert 13 * GB < sum(share.memory for share in parts) <= 14 * GB


@pytest.mark.parametrize(("count", "room"), [(6, "5"), (1000, "5")])
def test_too_many_for_the_memory_is_said_with_how_many_there_is_room_for(count: int, room: str) -> None:
    with pytest.raises(ValueError, match=rf"--sandbox {count} takes .*room for {room}\."):
        shares(count, [0], int(5.5 * LEAST / 0.85))
    assert len(shares(5, [0], int(5.5 * LEAST / 0.85))) == 5


def test_no_room_at_all() -> None:
    with pytest.raises(ValueError, match="room for none"):
        shares(1, [0], LEAST)
