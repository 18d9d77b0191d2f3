"""One family of errors: the message says what happened and what to do."""


class DripError(Exception):
    """Something a person can mend; its text is shown to them as it stands."""


class FileError(DripError):
    """A file or folder that cannot be used as it is."""


def of_file(trouble: OSError) -> FileError:
    """One clear line about the file that an OSError names."""
    why = (trouble.strerror or type(trouble).__name__).lower()
    return FileError(f"{trouble.filename} cannot be used: {why}. Mend that, or name another (DRIP_DATA_DIR).")
