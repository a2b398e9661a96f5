"""Parts by name, with their numbers: how they are written, read, completed and refused."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.setup.network import MAX_LAYERS, MAX_UNITS, OUTPUTS, Network, read_network
from gan_core.setup.part import Part, read_part
from gan_core.setup.registry import Number, Parts, Registry

NAMES = st.from_regex(r"\A[a-z][a-z0-9-]{0,12}\Z")
LAYERS = Number(3, 1, 9, whole=True)
NUMBERS = st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9_]{0,6}\Z"), st.floats(-1e20, 1e20), max_size=4)


@given(NAMES, NUMBERS)
def test_a_part_is_read_as_it_was_written(name: str, numbers: dict[str, float]) -> None:
    assert read_part(str(Part(name, numbers))) == Part(name, numbers)


@given(st.lists(st.integers(1, MAX_UNITS), max_size=MAX_LAYERS), NAMES, st.sampled_from(OUTPUTS))
def test_a_network_is_read_as_it_was_written(units: list[int], name: str, output: str) -> None:
    network = Network(tuple(units), Part(name), output)
    assert read_network(str(network)) == network


def test_parameters_are_counted_layer_by_layer() -> None:
    assert read_network("16,8:relu").parameters(2, 1) == (2 * 16 + 16) + (16 * 8 + 8) + (8 + 1)
    assert read_network("none:relu").parameters(2, 3) == 2 * 3 + 3


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused_with_a_sentence(text: str) -> None:
    for read in (read_part, read_network):
        try:
            read(text)
        except ValueError as error:
            said = str(error)
        else:
            continue
        assert said.endswith(".")


def shop() -> Parts[str]:
    parts: Parts[str] = Parts("cake")
    parts.add("plain", lambda: "plain")
    parts.add(
        "layered", lambda layers, sugar: f"{layers!r} {sugar!r}", layers=Number(3, 1, 9, True), sugar=Number(1, 0, 2)
    )
    return parts


def test_numbers_that_are_not_given_are_the_usual_ones() -> None:
    cakes = shop()
    assert cakes.completed(" layered( sugar = 0.5 ) ") == "layered(layers=3, sugar=0.5)"
    assert cakes.make("layered(sugar=0.5)") == "3 0.5"
    assert cakes.make("layered(sugar=.5)") is cakes.make("layered(layers=3, sugar=0.5)")
    assert (list(cakes), cakes["layered"], "iced" in cakes) == (["plain", "layered"], "3 1.0", False)


def test_parts_of_a_family_are_named_and_not_listed() -> None:
    cakes, made = shop(), []

    def make(name: str) -> str:
        made.append(name)
        if name == "9":
            raise ValueError("This one was eaten.")
        return f"from a recipe: {name}"

    cakes.add_family("recipe-", str.isdecimal, make)
    assert cakes.completed(" recipe-12 ") == "recipe-12"
    assert cakes.make("recipe-12") is cakes.make("recipe-12")
    assert made == ["12"]
    assert [cakes.knows(name) for name in ("plain", "recipe-9", "recipe-x", "iced")] == [True, True, False, False]
    assert (list(cakes), "recipe-12" in cakes) == (["plain", "layered"], False)
    for _ in range(2):  # it may be there the next time
        with pytest.raises(ValueError, match="This one was eaten"):
            cakes.make("recipe-9")
    assert made == ["12", "9", "9"]
    with pytest.raises(ValueError, match="There is no cake 'recipe-x'; there are plain, layered"):
        cakes.make("recipe-x")
    with pytest.raises(ValueError, match="recipe-12 has no number 'sugar'; it has none"):
        cakes.make("recipe-12(sugar=1)")


def test_few_of_ever_other_numbers_stay_made() -> None:
    class Cake:
        def __init__(self, sugar: float) -> None:
            self.sugar = sugar

    cakes = Parts[Cake]("cake")
    cakes.add("plain", Cake, sugar=Number(0, 0, 1e6))
    made = [weakref.ref(cakes.make(f"plain(sugar={i})")) for i in range(500)]
    assert cakes.make("plain(sugar=499)") is cakes.make("plain(sugar=499.0)")
    assert cakes.make("plain").sugar == 0
    gc.collect()
    alive = [one.sugar for one in (ref() for ref in made) if one is not None]
    assert alive == list(range(500 - len(alive), 500))
    assert 0 < len(alive) < 100


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("iced", "There is no cake 'iced'; there are plain, layered."),
        ("plain(sugar=1)", "The cake plain has no number 'sugar'; it has none."),
        ("layered(salt=1)", "The cake layered has no number 'salt'; there are layers, sugar."),
        ("layered(layers=10)", "layers of the cake layered must be a whole number from 1 to 9; 10 is not."),
        ("layered(layers=1.5)", "layers of the cake layered must be a whole number from 1 to 9; 1.5 is not."),
        ("layered(sugar=-1)", "sugar of the cake layered must be a number from 0 to 2; -1 is not."),
    ],
)
def test_what_there_is_not_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        shop().make(text)
    assert str(refused.value) == sentence


def test_a_name_is_taken_once() -> None:
    things: Registry[int] = Registry("thing", {"one": 1})
    with pytest.raises(ValueError, match="There is a thing called 'one' already"):
        things.add("one", 2)
    with pytest.raises(ValueError, match="small letters, digits, - and \\+, not 'Two Things'"):
        things.add("Two Things", 2)
    with pytest.raises(ValueError, match="There is no thing 'two'; there are one"):
        things.find("two")
    assert dict(things) == {"one": 1}
