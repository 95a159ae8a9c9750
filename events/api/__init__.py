"""The read API, /api/v1/: what is public already, for programs. Nothing can be changed through it."""
