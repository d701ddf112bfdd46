"""Journals of runs stay in the folder of the test, as in the tests of the suite."""

from tests.suite.conftest import journals

__all__ = ["journals"]
