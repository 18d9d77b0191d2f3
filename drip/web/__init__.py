"""HTTP: parse, call one engine verb or one query, render."""
