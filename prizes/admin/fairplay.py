"""The organisers' pages of the prize: fairplay."""
