"""VERBS: one file an arrow of the flow."""
