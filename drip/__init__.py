"""Drip: check-ins after the sale, answered by a human."""
