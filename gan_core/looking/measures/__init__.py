"""Pure functions of samples, weights and maps."""
