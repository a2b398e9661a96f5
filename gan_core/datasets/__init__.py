"""Data of a visitor's own: read from a table, scaled into the square, and kept under a name made of what they are."""
