"""Mixtures of data sets, many answers behind one image, the paper's claims."""
