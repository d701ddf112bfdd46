"""Why a file cannot be read as the program or shared object that it should be."""

from kuiper_pack.errors import KuiperPackError


class BinaryError(KuiperPackError):
    """The file cannot be read; the message says what is wrong with it, without its name."""


class NotElf(BinaryError):
    """No ELF file at all."""


class TooShort(NotElf):
    """The file is shorter than an ELF header."""


class Truncated(BinaryError):
    """A part that is loaded into memory lies behind the end of the file."""


class Malformed(BinaryError):
    """Something in the file leads nowhere: it is damaged, or was written by no linker we know."""
