"""Any recorded step again, bit for bit, in a process beside the server."""
