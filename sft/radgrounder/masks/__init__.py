"""Masks of what a model's text points at: a decoder beside the stock model, in a file of its own."""
