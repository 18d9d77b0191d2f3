"""LETTERS: values and text, no database, no network."""
