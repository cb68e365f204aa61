"""Who does the work of a stage: the same parts, and so the same bytes, whether processes or a cluster are asked."""
