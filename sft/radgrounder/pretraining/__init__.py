"""How the small base was made: its slices, its lessons, its losses."""
