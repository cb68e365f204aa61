"""Double reading: a small network reads what the rules of time have read, and both must agree."""
