"""Questions and answers about a slice: what text and mask state, and how it is asked."""
