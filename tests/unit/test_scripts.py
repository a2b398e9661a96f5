"""The page's scripts: in folders, of which none calls one above it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
# Lower ones first; "" are the files that every other may use. Each may call its own folder and those before it.
FOLDERS = (
    "",
    "data",
    "server",
    "time",
    "panels",
    "controls",
    "experiment",
    "story",
    "library",
    "sweep",
    "export",
    "told",
    "pages",
    "compare",
    "file",
)
NOT_SCRIPTS = {"styles", "vendor"}

FILES = sorted(file for file in ASSETS.rglob("*.js") if "vendor" not in file.parts)
EACH = pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ASSETS)) for file in FILES])


def folder(file: Path) -> str:
    return "" if file.parent == ASSETS else file.parent.name


def text(file: Path) -> str:
    """A file without its comments."""
    return re.sub(r"(^|\s)//.*", "", file.read_text())


def provided() -> dict[str, Path]:
    """Which file each name on `app` comes from."""
    names: dict[str, Path] = {}
    for file in FILES:
        for name in re.findall(r"^  app\.(\w+) = ", text(file), re.MULTILINE):
            assert name not in names, f"{name} is made in {names[name].name} and in {file.name}"
            names[name] = file
    return names


PROVIDED = provided()


def test_every_address_on_the_server_is_made_in_one_place() -> None:
    """Which knows the path below which a proxy may show it."""
    asks = re.compile(r"(?<![.\w])fetch\((?!app\.at\()|\.open\(\"\w+\", (?!app\.at\()|\bassign\((?=[`\"])")
    leads = re.compile(r"\b(?:href|src)(?::| =) [`\"](?!#)")
    for file in FILES:
        source = text(file).replace("async fetch(path, {", "")  # app.wire's own, which is made of that one
        assert not asks.findall(source), file.name
        assert not leads.findall(source), file.name


def test_there_are_these_folders_and_no_others() -> None:
    found = {path.name for path in ASSETS.iterdir() if path.is_dir()}
    assert found == {*FOLDERS, *NOT_SCRIPTS} - {""}
    assert {folder(file) for file in FILES} == set(FOLDERS)


@EACH
def test_no_folder_calls_one_above_it(file: Path) -> None:
    here = FOLDERS.index(folder(file))
    for name in set(re.findall(r"\bapp\.(\w+)", text(file))) & set(PROVIDED):
        there = PROVIDED[name]
        assert FOLDERS.index(folder(there)) <= here, f"{file.name} calls {there.name}"


def test_what_lower_folders_ask_is_answered_once() -> None:
    """Each question in `app.ask` has one file above that answers it, and is asked somewhere."""
    asked = re.search(r"app\.ask = \{(.*?)\};", (ASSETS / "app.js").read_text(), re.DOTALL)
    assert asked is not None
    everything = {file: text(file) for file in FILES if file.name != "app.js"}
    for question in re.findall(r"^\s*(\w+): \(", asked[1], re.MULTILINE):
        answers = rf"app\.ask\.{question} = |Object\.assign\(app\.ask, \{{[^}}]*\b{question}\b"
        assert sum(len(re.findall(answers, source)) for source in everything.values()) == 1, question
        assert any(re.search(rf"app\.ask\.{question}\(", source) for source in everything.values()), question
