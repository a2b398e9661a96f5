"""How fast it trains and what looking costs; `command` runs it, a measurement a file."""
