"""What is done to a whole dataset: build, append, remove, verify, privacy report."""
