"""The organisers' pages of the prize: audit."""
