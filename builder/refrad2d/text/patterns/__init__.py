"""Regular expressions that are searched only where a match can be."""
