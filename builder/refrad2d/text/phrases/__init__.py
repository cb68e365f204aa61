"""Phrases that the rules of mentions read as a whole: groups that share a noun, and sentences about technique."""
