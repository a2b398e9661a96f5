"""The run that is open: the only thread that trains, and what decides when to look."""
