"""The page as Dash builds it: layout, controls, words; the rest is in assets/."""
