"""What can be seen of two networks, without a trace in their training."""
