"""What the page says where its scripts do not come: as when a proxy shows it under a path that the server was not told.

It appears after a while by itself, since no script and no style sheet may be there to show it. assets/browser.js takes
it away as soon as it is loaded; assets/astray.js, which stands in the page itself, says more, and at once.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape

from gan_core.system.assets import assets_folder
from gan_core.texts.catalogue import say

_SCRIPT = assets_folder() / "astray.js"
_AFTER = 5  # seconds
STYLE = f"""#astray {{ position: absolute; margin: 2em 1em; visibility: hidden; animation: astray 0s {_AFTER}s both; }}
@keyframes astray {{ to {{ visibility: visible; }} }}"""
_PATH = re.compile(r"((?:/[A-Za-z0-9_.~@%+-]{1,60}){1,8}?)(/compare)?/?")


def option_for(path: str) -> str:
    """The option that lets the server be found where somebody asked for a page of its: at a path, or below it."""
    found = _PATH.fullmatch(path)
    return f"--base-path {found[1] if found else '/PATH'}"


def astray_element() -> str:
    """The sentence, and the script: to be put after the texts."""
    return f'<p id="astray" role="alert">{escape(say("page.astray"))}</p><script>{_script()}</script>'


def astray_hash() -> str:
    """That of the script, as a Content-Security-Policy has it."""
    return f"'sha256-{b64encode(sha256(_script().encode()).digest()).decode()}'"


@cache
def _script() -> str:
    return _SCRIPT.read_text()
