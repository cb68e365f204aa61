"""Recognisers of protected health information in German and English report text; `refrad2d.deidentify` applies them."""
