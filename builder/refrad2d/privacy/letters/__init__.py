"""What a first look leaves of a letter: unfamiliar words, head lines and signatures, marks, numbers, dates of any making."""
