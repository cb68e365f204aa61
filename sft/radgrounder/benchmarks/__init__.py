"""A benchmark is its rows, its prompts and its scoring, one file each."""
