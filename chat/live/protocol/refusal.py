"""Why a command is not carried out."""


class Refused(Exception):
    """A command is not carried out; `str(error)` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
