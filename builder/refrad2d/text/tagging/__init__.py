"""Small networks that say what each word of a text is."""
