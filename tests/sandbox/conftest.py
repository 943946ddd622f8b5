"""One zygote for all tests of a worker; a loud skip where this machine allows no sandbox."""

from collections.abc import Iterator

import pytest

from autograder.sandbox.client import Sandbox, SandboxUnavailable, Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A warm zygote."""
    try:
        made = Zygote()
    except SandboxUnavailable as error:
        pytest.skip(f"this machine allows no sandbox: {error}")
    with made:
        yield made


@pytest.fixture
def sandbox(zygote: Zygote) -> Iterator[Sandbox]:
    """A fresh sandbox."""
    with zygote.sandbox() as fresh:
        yield fresh
