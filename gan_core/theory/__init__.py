"""What is known of the simplest games without training anything, to be held beside what is observed."""
