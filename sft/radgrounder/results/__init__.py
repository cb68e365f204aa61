"""From results.json to tables, comparisons, galleries and cards."""
