"""WHO: users who sign in, and people whom we must not write to."""
