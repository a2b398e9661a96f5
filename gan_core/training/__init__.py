"""One step, and the engine that makes it. Knows no thread, clock, file or browser."""
