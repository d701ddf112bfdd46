"""What every clause works with."""

import pytest

from kuiper_pack.suite.conduct import run_of
from kuiper_pack.suite.subject import Server


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server under test."""
    return run_of(request.config).server
