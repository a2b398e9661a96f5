"""The four panels: their figures, lenses, views and words; `registry` lists them."""
