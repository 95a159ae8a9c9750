"""A whole site as in production, that can be hurt: its services, its people, a steady load, and a checker of what was acknowledged."""
