"""Go plugins, read and judged without loading them.

:func:`~kuiper_pack.goplugin.read.read_binary` reads a plugin, or the server that is to open it;
:func:`~kuiper_pack.goplugin.predict.predict` says what the one does with the other.
"""
