"""What Go says of names."""


def is_identifier(name: str) -> bool:
    """Whether ``name`` is an identifier: letters, digits and underscores, no digit first.

    The Go Programming Language Specification, "Identifiers".
    """
    if not name or name[0].isdecimal():
        return False
    return all(char == "_" or char.isalpha() or char.isdecimal() for char in name)
