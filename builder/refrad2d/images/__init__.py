"""Foreign files → series of slices in radiological display: listing, parsing, geometry, masks."""
