"""What travels between threads, files and pages: frozen records and commands. No torch."""
