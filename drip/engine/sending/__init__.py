"""THE SEND PATH: plan, claim, draft, gate, hand, settle, and what stops it."""
