"""Masks made on site: series as volumes, and the segmenters that are asked for them in processes of their own."""
