"""What stands for a shared object where nobody loads it."""

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00\x01\x00\x00\x00" + bytes(40)
"""A header and nothing else: 64 bytes, little endian, for amd64."""
