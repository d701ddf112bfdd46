"""The one exception that a user is shown as a line instead of a traceback."""


class KuiperPackError(Exception):
    """Something could not be done; the message is one line that says what, where and what to do.

    The command line prints it and exits with 2.
    """
