"""Papers' tables by one command; what they are is in `gan_core.papers`."""
