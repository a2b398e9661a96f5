"""How often Python's garbage collector looks through all that there is."""

from __future__ import annotations

import gc

YOUNG = 10_000  # objects that come before it looks through those that have just come; Python's own 700


def rest() -> None:
    """Have the collector not come until `spare`: what is loaded meanwhile stays, and looking through it takes a tenth
    of a server's start."""
    gc.disable()


def spare() -> None:
    """Have the collector pass over what is there by now, and come less often: for a server, once it is built.

    Requests that wait are young objects that do not go at once. At Python's own pace a quarter of the processor's time
    for such a request went into looking through them, and through everything that was loaded, again and again.
    """
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()
