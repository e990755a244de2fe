# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the project has, by ID and by name (design/estimates.md#what-is-there-before)."""

from __future__ import annotations

from fractions import Fraction

from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    list_readers,
    project_resources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape
from ansible_collections.finops.cloud.plugins.module_utils._openstack.block_storage import Volume
from ansible_collections.finops.cloud.plugins.module_utils._openstack.image import Image
from ansible_collections.finops.cloud.plugins.module_utils._openstack.load_balancer import LoadBalancer
from ansible_collections.finops.cloud.plugins.module_utils._openstack.network import FloatingIp, Port


def volume(identifier: str, name: str, size: int, kind: str = "fast") -> Volume:
    return Volume(identifier, name, "available", size, kind, "2026-01-01T00:00:00", {"team": name}, ())


def fast(size: int) -> Part:
    return Part(Shape("volume", "fast"), Fraction(size))


def test_what_is_there_is_found_by_its_name_and_by_its_id() -> None:
    there = project_resources({"volumes": [volume("v1", "data", 10), volume("v2", "", 20)]})
    assert (there.find("volume", "data"), there.find("volume", "v1")) == (fast(10), fast(10))
    assert (there.find("volume", "v2"), there.find("volume", "")) == (fast(20), None)
    assert there.sizes == {("volume", "v1"): ("fast", 10), ("volume", "v2"): ("fast", 20)}
    assert (there.metadata_of("volume", "v1"), there.metadata_of("volume", "gone")) == ({"team": "data"}, {})


def test_a_name_that_several_have_is_unknown_and_their_ids_are_not() -> None:
    there = project_resources({"volumes": [volume("v1", "data", 10), volume("v2", "data", 20)]})
    assert there.find("volume", "data") == "the project has several of the name data"
    assert there.find("volume", "v2") == fast(20)


def test_a_port_costs_on_a_public_network_and_a_balancer_where_its_flavor_has_a_price() -> None:
    ports = [Port("p1", "web", "id-ext", 2), Port("p2", "app", "id-app", 1)]
    balancers = [
        LoadBalancer(name, name, "ONLINE", "", None, (), False, of) for name, of in (("a", None), ("b", "f"))
    ]
    there = project_resources({"ports": ports, "load balancers": balancers}, {"id-ext"})
    assert there.find("fixed_ip", "web") == Part(Shape("fixed_ip"), Fraction(2), 2)
    assert (there.has("fixed_ip", "app"), there.find("fixed_ip", "app")) == (True, None)
    assert there.find("load_balancer", "a") == Part(Shape("load_balancer"), Fraction(1))
    assert (there.has("load_balancer", "b"), there.find("load_balancer", "b")) == (True, None)
    assert there.sizes == {
        ("load balancer", "a"): ("", 1),
        ("load balancer", "b"): ("f", 1),
        ("port", "p1"): ("", 2),
        ("port", "p2"): ("", 1),
    }


def test_what_its_list_does_not_tell_the_size_of_is_there_all_the_same() -> None:
    address = FloatingIp("f1", "198.51.100.7", "DOWN", None, None, None, ())
    there = project_resources(
        {"ports": [Port("p1", "web", "n", 1), Port("p2", "", "n", 2)], "floating IPs": [address]}
    )
    assert there.find("floating_ip", "198.51.100.7") == Part(Shape("floating_ip"), Fraction(1))
    assert (there.has("fixed_ip", "web"), there.has("fixed_ip", "p2"), there.has("fixed_ip", "")) == (
        True,
        True,
        False,
    )
    assert there.sizes["floating IP", "f1"] is None


def test_what_has_no_size_yet_says_so() -> None:
    there = project_resources({"images": [Image("i1", "base", "queued", None, "2026-01-01T00:00:00Z", ())]})
    assert there.find("image", "base") == "image base has no data yet"


def test_what_was_not_read_is_not_there_and_only_what_is_asked_for_is_read() -> None:
    assert not project_resources({"servers": None}).named
    assert list(list_readers(["volume", "object_storage"])) == ["volumes"]
