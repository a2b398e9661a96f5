"""Runs on the disk: what writes them as they go, opens them again and lists them."""
