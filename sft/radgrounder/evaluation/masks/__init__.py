"""How good masks are, beside what needs no head."""
