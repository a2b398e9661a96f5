"""The real server, whose paused maps are no finer than 100 x 100 cells: `python coarse_server.py --port PORT`.

Maps of 400 x 400, which it makes otherwise whenever it pauses, cost more than all the rest that most tests ask of it.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    from gan_core.live import looker

    looker.SHARP_RESOLUTION = 100
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
