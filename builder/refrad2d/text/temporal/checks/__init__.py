"""Checks of a rewritten sentence against the sentence as it came, whatever step rewrote it."""
