"""The one history of all apps: every verb of every rule writes who did what with which row, when and why."""
