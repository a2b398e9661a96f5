"""One HTML file with a run in it: the page of a recorded run, and all that it would ask a server for.

    <style>                         the style sheets, as they are
    <script id="texts">             what the page says of a browser that cannot show it; then all that it says
    <script id="packed">            base64 of zlib: JSON, {scripts, texts, answers}
    <script id="envelopes">         one a line, base64: frames, points and progress as gan_core/wire/frames.py has them
    <script> browser.js, in_file.js has the scripts run, and answers them (assets/file/)

The policy in its head lets the very scripts run that were put in, by their hashes, and nothing be fetched: a name of a
stranger's that got into the page as a script, past the escaping, would not be run.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from gan_core.export.asked import Asked
from gan_core.export.page.held import Held, held
from gan_core.export.page.shell import FIRST, OPENING, Shell, lenses_of, script, shell
from gan_core.export.registry import Progress
from gan_core.panels.theme import css_variables
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.stored import StoredRuns
from gan_core.records.ending import ending_words
from gan_core.setup.presets import PRESETS
from gan_core.setup.recipe import Recipe
from gan_core.texts.catalogue import catalogue, say
from gan_core.training.known import CHOICES, complete_presets
from gan_core.wire.envelope import unpack

LIMIT = 15_000_000  # bytes of a file
_PROGRAM = 2_500_000  # of them are left for the page itself

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="GANscope">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{variables}</style>
{styles}
</head>
<body>
<noscript>{no_script}</noscript>
<div id="react-entry-point"><main class="opening"><h1>{title}</h1><p>{said}</p></main></div>
<script id="_dash-config" type="application/json">{config}</script>
<script id="texts" type="application/json">{first_texts}</script>
<script id="packed" type="text/plain">{packed}</script>
<script id="envelopes" type="text/plain">
{envelopes}
</script>
<script>{browser}</script>
<script>{opening}</script>
</body>
</html>
"""


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the file. See `gan_core.export.registry`."""
    complete_presets()
    progress(0, 3)
    holds = held(run, asked.frames, LIMIT - _PROGRAM)
    progress(1, 3)
    status = StoredRuns(RunFolder(run.path.parent)).status(run.path.stem)
    arrays = [set(unpack(frame)[1]) for frame in holds.frames.values()]
    page = shell(status, CHOICES, lenses_of(set.intersection(*arrays)))
    progress(2, 3)
    out.write_text(_text(run, holds, page), encoding="utf-8", newline="\n")
    progress(3, 3)


def _text(run: RunFile, holds: Held, page: Shell) -> str:
    summary = run.summary()
    recipe, sentences = asdict(summary.recipe), catalogue().sentences
    envelopes = [holds.points, holds.progress, holds.rest, *holds.frames.values()]
    packed = {
        "run": recipe["id"],
        "said": holds.said,
        "texts": sentences,
        "answers": {
            **page.answers,
            "/api/runs": {
                "runs": [{**recipe, **asdict(summary), "outcome": ending_words(summary.outcome), "damage": ""}]
            },
        },
        "steps": list(holds.frames),  # of the envelopes from the fourth on
        "scripts": page.scripts,
    }
    browser, opening = script(FIRST), script(OPENING)
    first_texts = {key: text for key, text in sentences.items() if key.startswith("browser.")}
    title = say("recorded.title", name=summary.title or _usual_name(summary.recipe))
    return _PAGE.format(
        language=catalogue().language,
        policy=_policy([browser, opening, *page.scripts]),
        title=escape(title),
        said=escape(holds.said),
        variables=css_variables(),
        styles="\n".join(f"<style>{style}</style>" for style in page.styles),
        no_script=escape(say("in-file.no-script")),
        config=_json(json.loads(page.config)),
        first_texts=_json(first_texts),
        packed=_base64(zlib.compress(json.dumps(packed).encode(), 9)),
        envelopes="\n".join(map(_base64, envelopes)),
        browser=browser,
        opening=opening,
    )


def _usual_name(recipe: Recipe) -> str:
    """What a run goes by that was given no name: assets/server/runs.js."""
    preset = PRESETS.get(recipe.preset)
    return say("runs.usual-name", scenario=preset.title if preset else recipe.preset, seed=str(recipe.seed))


def _policy(scripts: Sequence[str]) -> str:
    """What the page may load: nothing; and which scripts it may run: these. Plotly and Mantine write inline styles."""
    hashes = " ".join(f"'sha256-{_base64(sha256(text.encode()).digest())}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    """JSON that ends no element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
