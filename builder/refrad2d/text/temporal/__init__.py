"""Findings as one examination shows them: what compares with an earlier one goes, everything current stays."""

from refrad2d.text.temporal.curation import curate, curate_sentence

__all__ = ["curate", "curate_sentence"]
