"""What has expired is deleted once a minute, so this waits for what other cases have not waited already."""

from __future__ import annotations

import pytest
from harness.processes import wait_until


@pytest.mark.last
def test_what_has_expired_is_deleted_and_nothing_else(service):
    wait_until(lambda: service.planted.expired() == 0, "expired rows are deleted", within=90, every=0.5)
    assert service.planted.kept() == 6
