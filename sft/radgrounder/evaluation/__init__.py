"""A model, ours or anyone's, answers a benchmark and is judged."""
