"""Bytes, for the browser and for files; `frames` documents the format. No torch."""
