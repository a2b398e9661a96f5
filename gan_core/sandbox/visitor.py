"""`python -m gan_core.sandbox.visitor`: a server that ends with the process that has started it."""

from __future__ import annotations

import os
import signal
import sys
import threading


def _end_with_the_other() -> None:
    """Wait until nobody holds the other end of standard input any more."""
    while sys.stdin.buffer.read(1):
        pass
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    from gan_core.serve import main

    threading.Thread(target=_end_with_the_other, daemon=True).start()
    status = main()
    sys.stdout.flush()
    os._exit(status)
