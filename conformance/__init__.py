"""The conformance suite: one module per section of the plugin API."""
