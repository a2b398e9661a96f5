"""The machine under us, processes of our own, modules of a visitor's own. Imports nothing of the house."""
