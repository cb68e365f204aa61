"""What must be known of foreign pixels before they are taught: their modality, their unit, their phase of a series."""
