"""Scores of texts and boxes, and their intervals."""
