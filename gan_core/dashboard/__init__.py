"""What people see, over a training session. Neither torch nor threads."""
