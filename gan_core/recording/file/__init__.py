"""One recorded run as a file: its tables, room, lock, branches, and a stranger's file, checked."""
