"""A second language that nobody has to know: English, shouted."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gan_core.texts.catalogue import FOLDER, read

# A field with its two forms, what a link leads to, and marks of HTML stay.
_KEPT = re.compile(r"(\{\w+(?:\||:\.\d\}|\})|\(#[a-z0-9-]+\)|<br>)")


def shouted(sentence: str) -> str:
    """The sentence in capitals, fields and links as they are."""
    return "".join(part if i % 2 else part.upper() for i, part in enumerate(_KEPT.split(sentence)))


def write_second_language(folder: Path) -> None:
    """Write its file into a folder."""
    lines = [f"{_quoted(key)} = {_quoted(shouted(text))}" for key, text in read(FOLDER / "en.toml").items()]
    (folder / "shout.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
