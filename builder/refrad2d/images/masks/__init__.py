"""Masks: what a mask file says, which classes it names, and which series it belongs to."""
