"""`--sandbox N`: every visitor gets a server of his own, within his share of cores and memory, behind one address."""
