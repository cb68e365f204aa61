"""From picture and prompt to text with boxes."""
