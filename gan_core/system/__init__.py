"""The machine under us: what it is called, and processes of our own. Imports nothing of the house."""
