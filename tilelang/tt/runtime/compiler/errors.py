"""The one error of this package: a command that it refuses, with a line that says why."""


class Refused(Exception):
    """The command can't be carried out. Its text is one line, for the person at the terminal."""
