"""What tests of plugins, packages and servers are made with."""
