"""Every key that is said exists, with its fields; every key is said somewhere; and no sentence stands anywhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gan_core.texts.catalogue import FOLDER, fields_of, read
from script_literals import Literal, literals, said

ROOT = Path(__file__).parents[3]
ENGLISH = read(FOLDER / "en.toml")
MODULES = sorted((ROOT / "gan_core").rglob("*.py"))
SCRIPTS = sorted(file for file in (ROOT / "assets").rglob("*.js") if "vendor" not in file.parts)
# Where nothing that is shown is said in place.
WITHOUT_SENTENCES = (
    "dashboard",
    "live",
    "records/condition.py",
    "records/readings.py",
    "records/ending.py",
    "records/story.py",
    "rerun",
)
WITHOUT_SENTENCES += ("run", "setup/presets.py", "setup/scenario.py", "setup/zoo.py", "recording/recorder.py")
# What may stand there all the same, and why.
MAY_STAY = {
    "are rendered in turn with the training": "for the server's log",
    "Refused a call of a Dash callback": "for the server's log",
    "newest steps are not in the file": "for the server's log",
    "a damaged GANscope envelope": "for the browser's console",
    "not a GANscope envelope": "for the browser's console",
    "no list of runs": "for the browser's console",
    "No text has the key": "for the browser's console: a mistake of ours",
    "lacks its field": "for the browser's console: a mistake of ours",
    "There is no preset": "a list of names, for the command line too",
    "the last part of a look": "a mistake of ours",
    "[role=listbox]": "elements, for the browser",
    "button, a, summary": "elements, for the browser",
    "'self'": "what the browser may load, in its own words",
    "#astray {": "a style sheet",
    "its outcome is none": "said of files, with what else is wrong with them",
}
_THREE_WORDS = re.compile(r"[A-Za-z][a-z’']+[,;:.]? [A-Za-z’']+[,;:.]? [A-Za-z’']{2,}")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


EACH_MODULE = pytest.mark.parametrize("file", MODULES, ids=name)
EACH_SCRIPT = pytest.mark.parametrize("file", SCRIPTS, ids=name)


# -- what is said by key -----------------------------------------------------------------------------------------------


@cache
def keys_like(pieces: tuple[str, ...]) -> set[str]:
    """The keys that a string, or one with other words put between its pieces, can be."""
    pattern = re.compile("[^.]+".join(re.escape(piece) for piece in pieces))
    return {key for key in ENGLISH if pattern.fullmatch(key)}


def strings(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """The pieces of all strings in a piece of Python, those inside others not."""
    if isinstance(tree, ast.JoinedStr):
        pieces = [""]
        for part in tree.values:
            if isinstance(part, ast.Constant):
                pieces[-1] += str(part.value)
            else:
                pieces.append("")
        yield tuple(pieces)
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield (tree.value,)
    elif isinstance(tree, ast.IfExp):
        yield from [*strings(tree.body), *strings(tree.orelse)]


def calls(file: Path) -> Iterator[tuple[str, ast.Call, ast.expr]]:
    """The calls of a module that say something: by which function, and the key."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"say": 0, "say_or": 1, "words": 0}.get(node.func.id)
            if place is not None and len(node.args) > place:
                yield node.func.id, node, node.args[place]


@EACH_MODULE
def test_what_a_module_says_is_there_with_its_fields(file: Path) -> None:
    for function, call, key in calls(file):
        for pieces in strings(key):
            wanted = (*pieces[:-1], f"{pieces[-1]}.", "") if function == "words" else pieces
            found = keys_like(wanted)
            assert found or function == "say_or", f"line {call.lineno}: no text has the key {pieces}"
            if function == "say":
                given = {keyword.arg for keyword in call.keywords}
                assert all(fields_of(ENGLISH[key]) == given for key in found), f"line {call.lineno}: {pieces}, {given}"


@EACH_SCRIPT
def test_what_a_script_says_is_there_with_its_fields(file: Path) -> None:
    for call in said(file.read_text()):
        for literal in call.keys:
            found = keys_like(literal.pieces)
            if not found and "." not in "".join(literal.pieces):
                continue  # what a condition compares
            assert found, f"no text has the key {literal.pieces}"
            for key in found:
                fields = fields_of(ENGLISH[key])
                assert call.fields <= fields if call.more else call.fields == fields, f"{key}: {set(call.fields)}"


def test_every_key_is_said_somewhere() -> None:
    used: set[str] = set()
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and node.value in ENGLISH:
                used.add(node.value)
        for function, _, key in calls(file):
            for pieces in strings(key):
                used |= keys_like((*pieces[:-1], f"{pieces[-1]}.", "") if function == "words" else pieces)
    for file in SCRIPTS:
        script = file.read_text()
        for literal in literals(script):
            if len(literal.pieces) == 1:
                used |= {literal.pieces[0]} & set(ENGLISH)
        for call in said(script):
            for literal in call.keys:
                used |= keys_like(literal.pieces)
    assert set(ENGLISH) - used == set()


# -- what is said elsewhere --------------------------------------------------------------------------------------------


def sentences_in(pieces: tuple[str, ...]) -> bool:
    text = " 0 ".join(pieces)
    return bool(_THREE_WORDS.search(text)) and "<html" not in text and not any(known in text for known in MAY_STAY)


@pytest.mark.parametrize(
    "file",
    [file for file in MODULES if str(file.relative_to(ROOT / "gan_core")).startswith(WITHOUT_SENTENCES)],
    ids=name,
)
def test_a_module_has_no_sentences_of_its_own(file: Path) -> None:
    tree = ast.parse(file.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in docstrings | within:
            for pieces in strings(node):
                assert not sentences_in(pieces), f"line {node.lineno}: {pieces}"


@EACH_SCRIPT
def test_a_script_has_no_sentences_of_its_own(file: Path) -> None:
    script = file.read_text()
    for literal in literals(script):
        assert not sentences_in(literal.pieces), f"line {script.count(chr(10), 0, literal.start) + 1}: {literal.pieces}"


# -- the lexer ---------------------------------------------------------------------------------------------------------


def test_literals_of_a_script() -> None:
    script = r"""a("x"); // "no"
      b(/["'`]/g, `one ${c ? "two" : `three ${d}`} four`, e / f / "g", '\'h"');"""
    assert [literal.pieces for literal in literals(script)] == [
        ("x",), ("one ", " four"), ("two",), ("three ", ""), ("g",), ("\\'h\"",),
    ]  # fmt: skip


def test_what_a_script_says() -> None:
    script = """app.say("a.b"); app.say(x ? "c" : `d.${e}`, { n, m: f(1, { q: 2 }), "r": [s, t] });
      app.sayOr(u, "v.w"); app.say(key, given); app.say("z", { ...all, k })"""
    found = [([key.pieces for key in call.keys], set(call.fields), call.more) for call in said(script)]
    assert found == [
        ([("a.b",)], set(), False),
        ([("c",), ("d.", "")], {"n", "m"}, False),
        ([("v.w",)], set(), False),
        ([], set(), True),
        ([("z",)], {"k"}, True),
    ]


def test_a_sentence_is_found() -> None:
    assert sentences_in(("There are three words.",))
    assert sentences_in(
        (
            "step ",
            " of the run",
        )
    )
    assert not sentences_in(("two words",))
    assert isinstance(literals("'x'")[0], Literal)
