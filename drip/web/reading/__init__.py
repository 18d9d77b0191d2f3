"""READING: what a page shows, read from SQL into frozen values."""
