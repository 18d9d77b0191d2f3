"""The API: for programs with a key."""
