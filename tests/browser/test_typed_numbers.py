"""What a typed number is read as: one table, in one page."""

from __future__ import annotations

import math

from playwright.sync_api import Page

from live_server import ROOT

NOTHING = math.nan
# What is typed, as a whole number and as any.
NUMBERS: dict[str, tuple[float, float]] = {
    "0": (0, 0),
    "7": (7, 7),
    "1000": (1000, 1000),
    "007": (7, 7),
    " \t1000\u00a0\n": (1000, 1000),
    # Signs between thousands; a lone point or comma begins a fraction where there may be one.
    "1,000": (1000, 1),
    "1.000": (1000, 1),
    "1’000": (1000, 1000),
    "1'000": (1000, 1000),
    "1ʼ000": (1000, 1000),
    "1 000": (1000, 1000),
    "1\u00a0000": (1000, 1000),
    "1\u202f000": (1000, 1000),
    "1\u2009000": (1000, 1000),
    "1_000": (1000, 1000),
    "12.345": (12345, 12.345),
    "1.234.567": (1234567, 1234567),
    "1,234,567": (1234567, 1234567),
    "1 234 567": (1234567, 1234567),
    "12,34,567": (1234567, 1234567),
    "1.000,0": (1000, 1000),
    "1,000.0": (1000, 1000),
    "1’000,5": (NOTHING, 1000.5),
    "1.000,5": (NOTHING, 1000.5),
    # Digits of other scripts, full width and others.
    "１０００": (1000, 1000),
    "１，０００": (1000, 1),
    "１．５": (NOTHING, 1.5),
    "－１": (-1, -1),
    "２ｅ－４": (NOTHING, 2e-4),
    "١٠٠٠": (1000, 1000),
    "١٬٠٠٠": (1000, 1000),
    "٠٫٥": (NOTHING, 0.5),
    "१०००": (1000, 1000),
    "𝟙𝟘𝟘𝟘": (1000, 1000),
    # Signs and powers.
    "-0": (0, 0),
    "−0": (0, 0),
    "+5": (5, 5),
    "-5": (-5, -5),
    "−5": (-5, -5),
    "- 5": (-5, -5),
    "1e3": (1000, 1000),
    "1E3": (1000, 1000),
    "1e+3": (1000, 1000),
    "1,5e3": (1500, 1500),
    "1.5e3": (1500, 1500),
    "5e-1": (NOTHING, 0.5),
    "2e-4": (NOTHING, 2e-4),
    "2e−4": (NOTHING, 2e-4),
    # Fractions.
    "12,5": (NOTHING, 12.5),
    "12.5": (NOTHING, 12.5),
    "1,49": (NOTHING, 1.49),
    "0,0002": (NOTHING, 2e-4),
    "0.0002": (NOTHING, 2e-4),
    "0,001": (NOTHING, 1e-3),
    "0.001": (NOTHING, 1e-3),
    ".5": (NOTHING, 0.5),
    ",5": (NOTHING, 0.5),
    "5.": (5, 5),
    "5,": (5, 5),
    "3.0": (3, 3),
    "0.30000000000000004": (NOTHING, 0.30000000000000004),
    # Too large to be a step, or for a number.
    "9007199254740993": (NOTHING, 9007199254740992),
    "1e300": (NOTHING, 1e300),
    "1e999": (NOTHING, NOTHING),
}
NONSENSE = [
    *(
        "",
        " ",
        "some",
        "1000 steps",
        "NaN",
        "Infinity",
        "0x10",
        "1e",
        "e3",
        "1e3,5",
        "1e1.5",
        "--1",
        "+-1",
        "1-2",
        "1/2",
    ),
    *(
        ".",
        ",",
        "-",
        "'",
        ". ",
        "1,,000",
        "1..5",
        "1,00.5",
        "1,0000,000",
        "1.000,000.5",
        "1.5,000.5",
        "0,000,5",
        "1 00",
    ),
    *("1 000,000 5", "10²", "½", "Ⅷ", "五", "1\u200b000", "1%", "$5", "1'000'00", "1.000.00", "१०o०", "1'000.000.5"),
]


def test_numbers_are_read_as_they_are_meant(page: Page) -> None:
    page.set_content("<!DOCTYPE html><title>Numbers</title>")
    page.add_script_tag(content=(ROOT / "assets" / "data" / "typed.js").read_text())
    read = page.evaluate(
        """(texts) => {
            const { whole, real } = dash_clientside.typed;
            const plain = (x) => (Number.isNaN(x) ? "nothing" : Object.is(x, -0) ? "-0" : x);
            return texts.map((text) => [plain(whole(text)), plain(real(text))]);
        }""",
        [*NUMBERS, *NONSENSE],
    )
    expected = {text: ["nothing" if math.isnan(x) else x for x in pair] for text, pair in NUMBERS.items()}
    expected |= {text: ["nothing", "nothing"] for text in NONSENSE}
    assert dict(zip([*NUMBERS, *NONSENSE], read, strict=True)) == expected


def test_what_is_repeated_in_a_sentence_is_short(page: Page) -> None:
    page.set_content("<!DOCTYPE html><title>Numbers</title>")
    page.add_script_tag(content=(ROOT / "assets" / "data" / "typed.js").read_text())
    quoted = page.evaluate("(texts) => texts.map(dash_clientside.typed.quoted)", ["12,5", "x" * 20, "x" * 21])
    assert quoted == ["“12,5”", "“" + "x" * 20 + "”", "“" + "x" * 19 + "…”"]
