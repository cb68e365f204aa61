"""What must not leave: identifiers in headers, names in texts, text in pixels, faces."""
