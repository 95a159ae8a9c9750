"""The prize's pages."""
