"""The plane through latent space: how it is read, and what spans it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.setup.plane import Plane, read_plane


@given(st.permutations(range(1, 7)), st.floats(-180, 180))
def test_it_is_spanned_by_two_unit_vectors_at_right_angles(axes: list[int], degrees: float) -> None:
    """The one across is a rotation of its axis in the plane of two axes, written out as a matrix."""
    plane = read_plane(json.loads(json.dumps([*axes[:3], degrees])))
    across, up = (np.array(direction) for direction in plane.directions(6))
    rotation, turn = np.eye(6), math.radians(degrees)
    i, k = plane.across - 1, plane.towards - 1
    rotation[[i, i, k, k], [i, k, i, k]] = math.cos(turn), -math.sin(turn), math.sin(turn), math.cos(turn)
    np.testing.assert_allclose(across, rotation @ np.eye(6)[i], atol=1e-12)
    np.testing.assert_allclose(up, np.eye(6)[plane.up - 1], atol=0)
    assert abs(across @ up) < 1e-12


def test_as_it_is_without_a_word() -> None:
    assert Plane().directions(4) == ([1, 0, 0, 0], [0, 1, 0, 0])
    assert Plane().directions(2) == ([1, 0], [0, 1])
    assert Plane().directions(1) == ([1], [0])
    assert Plane().usual
    assert all(Plane().fits(dim) for dim in (1, 2, 3, 64))
    assert not Plane(1, 2, 3, 1.0).fits(2)
    assert not Plane(2, 1, 3).usual
    assert Plane(2, 1, 3).fits(3)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, "plane must be"),
        ("1,2,3,0", "plane must be"),
        ([1, 2, 3], "plane must be"),
        ([1, 2, 3, 0, 0], "plane must be"),
        ([0, 2, 3, 0], "across"),
        ([1, 65, 3, 0], "up"),
        ([1, 2, True, 0], "towards"),
        ([1.0, 2, 3, 0], "across"),
        ([1, 1, 3, 0], "three different"),
        ([1, 2, 2, 0], "three different"),
        ([1, 2, 3, 181], "degrees"),
        ([1, 2, 3, math.nan], "degrees"),
        ([1, 2, 3, "0"], "degrees"),
        ([1, 2, 3, True], "degrees"),
        ([1, 2, 3, None], "degrees"),
    ],
    ids=str,
)
def test_anything_else_is_refused_with_a_sentence(given: object, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_plane(given)
