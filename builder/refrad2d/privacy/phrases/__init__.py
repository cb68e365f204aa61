"""Set phrases: clinical ones that no pass may take, and those in which somebody, a day or a place is told."""
