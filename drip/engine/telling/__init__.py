"""WHY: every decision in a sentence, a life on one page, and the house in figures."""
