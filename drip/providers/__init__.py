"""TRANSLATORS: a vendor's words and ours."""
