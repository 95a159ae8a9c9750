"""The organisers' pages of the prize: nominations."""
