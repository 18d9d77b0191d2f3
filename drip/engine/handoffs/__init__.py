"""A HUMAN TAKES OVER: holds, handoffs, notices, answers and resolutions."""
