"""The organisers' pages of the prize: review."""
