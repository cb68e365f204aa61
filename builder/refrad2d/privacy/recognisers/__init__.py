"""Recognisers of protected health information in German and English texts; `privacy.deidentify` applies them."""
