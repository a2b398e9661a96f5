"""What people read, by key: one file a language, and how a sentence gets its numbers and names."""
