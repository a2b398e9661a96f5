"""One run as it goes: what is kept of it, and what it is called in words. No thread, clock or file."""
