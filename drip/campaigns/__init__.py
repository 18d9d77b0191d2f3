"""PLANS: what marketing designs: definitions, publication, the calendar."""
