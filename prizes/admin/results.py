"""The organisers' pages of the prize: results."""
