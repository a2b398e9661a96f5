"""What a run is, as values: configurations, presets, recipes, and how large things may be. No torch."""
