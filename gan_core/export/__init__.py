"""What can be taken home of a recorded run: each export is one line in `registry` and one module with `make`."""
