"""Which numbers are of the internet, in networks where addresses are translated."""

from __future__ import annotations

from ipaddress import ip_network

from apps.core.addresses import is_public, is_public_host, is_within


def test_what_a_network_translates_by_a_rule_of_its_own_is_not_public() -> None:
    for hidden in (
        *("64:ff9b:1::808:808", "64:ff9b:1:7f00:0:100::", "64:ff9b:1:a00::808:808"),
        *("::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "::ffff:0:10.0.0.1"),
    ):
        assert not is_public(hidden)
        assert not is_public_host(f"http://[{hidden}]/")
    assert is_within("64:ff9b:1::808:808", [ip_network("64:ff9b:1::/48")])
    assert is_public("64:ff9b::808:808")
    assert is_public("::ffff:8.8.8.8")
