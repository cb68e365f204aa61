"""What is published: shards, card, statistics, splits, leaks, and the laws of a row."""
