"""What a first look leaves of a letter: unfamiliar words, head lines, signatures, marks, numbers and dates."""
