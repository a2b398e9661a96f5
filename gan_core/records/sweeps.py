"""What a server answers of its sweeps where there is none."""


class NoSweep(Exception):
    """There is no sweep, or no paper's table, of that name; the message is a sentence."""
