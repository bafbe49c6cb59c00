import httpx
import pytest

from tests.support.addresses import never_connects, refuses


def test_addresses_at_which_nobody_answers() -> None:
    with refuses() as url, pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    with never_connects() as url, pytest.raises(httpx.ConnectTimeout):
        httpx.get(url, trust_env=False, timeout=0.05)
