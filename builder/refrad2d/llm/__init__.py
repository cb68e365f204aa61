"""An optional language model on site, its prompts, and the checks that its answers must pass."""
