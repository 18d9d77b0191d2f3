"""Shops' CSV exports <-> our words: encodings, columns, dates, money and payment states stop here."""
