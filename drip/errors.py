"""One family of errors: the message says what happened and what to do."""


class DripError(Exception):
    """Something a person can mend; its text is shown to them as it stands."""
