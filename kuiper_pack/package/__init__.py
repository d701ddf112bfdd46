"""A plugin package as plain data: the zip or folder, its entries and its documents.

``from kuiper_pack.package.package import open_package, Package`` is where to begin.
"""
