"""Texts that come in the dress of another program, as plain text: HTML, RTF, quoted-printable, HL7, wrong encodings."""
