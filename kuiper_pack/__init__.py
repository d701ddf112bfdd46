"""kuiper-pack: conformance and packaging of eKuiper plugins."""

__version__ = "0.1.0"
