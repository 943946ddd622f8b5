"""A fresh sandbox for each test that asks for one."""

from collections.abc import Iterator

import pytest

from autograder.sandbox.client import Sandbox, Zygote


@pytest.fixture
def sandbox(zygote: Zygote) -> Iterator[Sandbox]:
    """A fresh sandbox."""
    with zygote.sandbox() as fresh:
        yield fresh
