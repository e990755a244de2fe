# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template of Heat costs what the same list costs otherwise, and what is not understood is unknown
(design/estimates.md#heat).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._estimate import terraform_types
from ansible_collections.finops.cloud.plugins.module_utils._estimate.heat_types import FREE

from .conftest import Run
from .test_plans_of_terraform import ADDRESS, OPENSTACK, SERVER, VOLUME, lines, plan_of

Result = dict[str, Any]
FLAVOR = "a2-ram4-disk20-perf1"
FLOATING_IP, PORT = "openstack_networking_floatingip_v2", "openstack_networking_port_v2"
TEMPLATE = """
heat_template_version: 2018-08-31
parameters:
  flavor: {type: string}
  size: {type: number, default: "100"}
  workers: {type: number, default: 2}
  public: {type: string, default: ext-net1}
resources:
  net: {type: "OS::Neutron::Net"}
  subnet: {type: "OS::Neutron::Subnet", properties: {network: {get_resource: net}, cidr: 10.0.0.0/24}}
  port: {type: "OS::Neutron::Port", properties: {network: {get_resource: net}}}
  web:
    type: OS::Nova::Server
    properties:
      name: {str_replace: {template: web-N, params: {N: 1}}}
      flavor: {get_param: flavor}
      networks: [{port: {get_resource: port}}, {network: {get_param: public}}]
  workers:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_param: workers}
      resource_def:
        type: OS::Nova::Server
        properties:
          flavor: {get_param: flavor}
          name: worker-%index%
          networks: [{subnet: {get_resource: subnet}}]
          metadata: {team: web}
          block_device_mapping_v2: [{image: debian, volume_size: 20, delete_on_termination: true}]
  data: {type: "OS::Cinder::Volume", properties: {size: {get_param: size}, volume_type: CEPH_1_perf1}}
  attached: {type: "OS::Cinder::VolumeAttachment", properties: {volume_id: {get_resource: data}}}
  ip: {type: "OS::Neutron::FloatingIP", properties: {floating_network: ext-net1}}
  outside: {type: "OS::Neutron::Port", properties: {network: ext-net1, fixed_ips: [{}, {}]}}
  lb: {type: "OS::Octavia::LoadBalancer", properties: {vip_subnet: {get_resource: subnet}}}
"""
ENVIRONMENT = f"parameters: {{flavor: {FLAVOR}}}\n"


@pytest.fixture
def estimate(run: Run, tmp_path: Path) -> Callable[..., Result]:
    """Estimate a template, with an environment or without."""

    def estimate(template: str | Result, environment: str | Result | None = None, **options: Any) -> Result:
        asked = {
            "cloud": "sandbox",
            "price_list": [ADDRESS],
            "default_volume_type": "CEPH_1_perf1",
            **options,
        }
        for option, content in (("heat_template", template), ("heat_environment", environment)):
            if content is not None:
                path = tmp_path / f"{option}.yaml"
                path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
                asked[option] = str(path)
        return run("cost_estimate_info", asked)

    return estimate


def template(properties: Result | None = None, kind: str = "OS::Nova::Server", **more: Any) -> Result:
    one = {"type": kind, "properties": properties or {}, **more}
    return {"heat_template_version": "2018-08-31", "resources": {"one": one}}


def test_the_same_list_costs_the_same_as_rows_as_a_plan_and_as_a_template(
    estimate: Callable[..., Result], run: Run, tmp_path: Path
) -> None:
    stack = estimate(TEMPLATE, ENVIRONMENT)
    device = {
        "source_type": "image", "destination_type": "volume", "volume_size": 20,
        "volume_type": "CEPH_1_perf1", "delete_on_termination": True,
    }  # fmt: skip
    worker = {"flavor_name": FLAVOR, "network": [{"name": "net"}], "block_device": [device]}
    names = [{"name": "net"}, {"name": "ext-net1"}]
    balancer = {"type": "openstack_lb_loadbalancer_v2", "after": {"vip_network_id": "n-1"}}
    plan = plan_of(
        {"type": SERVER, "after": {"flavor_name": FLAVOR, "network": names, "block_device": []}},
        *({"type": SERVER, "name": name, "after": worker} for name in ("a", "b")),
        {"type": VOLUME, "after": {"size": 100, "volume_type": "CEPH_1_perf1"}},
        {"type": FLOATING_IP, "after": {"pool": "ext-net1"}},
        {"type": PORT, "after": {"network_id": "ext-net1", "fixed_ip": [{}, {}]}},
        balancer,
    )
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    asked = {"cloud": "sandbox", "price_list": [ADDRESS]}
    planned = run("cost_estimate_info", {**asked, "terraform_plan": str(tmp_path / "plan.json")})
    rows = [
        {"kind": "instance", "flavor": FLAVOR, "count": 3},
        {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "20", "count": 2},
        {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "100"},
        {"kind": "floating_ip"},
        {"kind": "fixed_ip", "count": 3},
        {"kind": "load_balancer"},
    ]
    listed = run("cost_estimate_info", {**asked, "resources": rows})
    assert [one["unknown"] for one in (stack, planned, listed)] == [[], [], []]
    assert all(one["complete"] for one in (stack, planned, listed))
    assert sorted(lines(stack), key=str) == sorted(lines(planned), key=str)
    # 3 x 0.35, 140 GB x 0.005, 0.2, 3 x 0.5, and a load balancer.
    balancer_hourly = next(one["hourly"] for one in listed["lines"] if one["kind"] == "load_balancer")
    totals = [one["total"]["hourly"]["ICU"] for one in (stack, planned, listed)]
    assert len(set(totals)) == 1
    assert float(totals[0]) == pytest.approx(1.05 + 0.7 + 0.2 + 1.5 + float(balancer_hourly))
    # The networks' own quotas come from the template only.
    of_both = ("cores", "instances", "ram_mb", "gigabytes", "volumes", "floating_ips", "load_balancers")
    for quota in of_both:
        assert stack["required"][quota] == planned["required"][quota] == listed["required"][quota]
    assert (stack["required"]["networks"], stack["required"]["subnets"]) == (1, 1)
    tags = {one["name"]: one["tags"] for one in stack["lines"] if one["kind"] == "instance"}
    assert tags == {"web": {}, "workers[0]": {"team": "web"}, "workers[1]": {"team": "web"}}
    both = TEMPLATE.encode() + b"\0" + ENVIRONMENT.encode()
    assert stack["plan_sha256"] == hashlib.sha256(both).hexdigest()


#: What Heat and its templates do not know.
OF_TERRAFORM = re.compile(
    r"\b(?:(?:after|before) apply|[Tt]erraform|flavor_name|flavor_id|block_device|network_id)\b"
)
NETWORKS: Result = {"networks": [{"port": "p"}]}
SMALL: Result = {"flavor": FLAVOR, **NETWORKS}


@pytest.mark.parametrize(
    ("content", "environment", "reason"),
    [
        pytest.param(
            template({"flavor": {"get_param": "flavor"}, **NETWORKS}),
            None,
            "before the stack is created",
            id="a parameter without a value",
        ),
        pytest.param(
            template({"flavor": {"get_attr": ["a", "b"]}, **NETWORKS}),
            None,
            "before the stack is created",
            id="an attribute",
        ),
        pytest.param(
            template({"flavor": FLAVOR}), None, "network is known when the stack is created", id="no network"
        ),
        pytest.param(
            template({"flavor": FLAVOR, "networks": [{"subnet": "ext-subnet1"}]}),
            None,
            "on which network",
            id="a subnet by its name",
        ),
        pytest.param(
            template({"flavor": FLAVOR, "networks": [{"network": {"get_resource": "nobody"}}]}),
            None,
            "on which network",
            id="a network of nobody",
        ),
        pytest.param(
            template({"flavor": FLAVOR, "networks": [{"allocate_network": "auto"}]}),
            None,
            "allocate_network",
            id="any network",
        ),
        pytest.param(
            template(SMALL, condition="big"), None, "what its condition makes of it", id="a condition"
        ),
        pytest.param(
            template({**SMALL, "block_device_mapping_v2": [{"volume_size": 1}]}),
            None,
            "names no source",
            id="a disk of nothing",
        ),
        pytest.param(
            template({"size": {"get_param": "x"}}, "OS::Cinder::Volume"),
            None,
            "size is known when the stack is created",
            id="a size",
        ),
        pytest.param(
            template({"size": 1, "snapshot_id": {"get_resource": "s"}}, "OS::Cinder::Volume"),
            None,
            "that of snapshot_id",
            id="a copy",
        ),
        pytest.param(
            template({}, "OS::Trove::Instance"), None, "OS::Trove::Instance is in no table", id="another type"
        ),
        pytest.param(
            template({}, "web.yaml"), None, "web.yaml is a template of its own", id="another template"
        ),
        pytest.param(
            template({"count": {"get_attr": ["a"]}}, "OS::Heat::ResourceGroup"),
            None,
            "its count is no number",
            id="a group of some",
        ),
        pytest.param(
            template({"resource_def": {"type": 7}}, "OS::Heat::ResourceGroup"),
            None,
            "it has no type",
            id="a group of nothing",
        ),
        pytest.param(
            template(SMALL),
            {"resource_registry": {"OS::Nova::Server": "web.yaml"}},
            "a template of its own",
            id="a type of the environment",
        ),
        pytest.param(
            template(SMALL),
            {"resource_registry": {"OS::Nova*": "OS::Heat::None"}},
            "for another type",
            id="types of the environment",
        ),
        pytest.param(
            template(SMALL),
            {"resource_registry": {"resources": {"one": {"OS::Nova::Server": "OS::Heat::None"}}}},
            "a type of its own",
            id="a resource of the environment",
        ),
        pytest.param(
            template({"flavor": FLAVOR, "external_id": "x"}), None, "external_id", id="a resource of others"
        ),
        pytest.param(template("x"), None, "no dictionary", id="no properties"),  # type: ignore[arg-type]
        pytest.param(
            template({"flavor": FLAVOR, "networks": []}),
            None,
            "known when the stack is created",
            id="no networks",
        ),
        pytest.param(
            template({"network": "ext-net1", "value_specs": {"fixed_ips": [{}, {}]}}, "OS::Neutron::Port"),
            None,
            "other addresses",
            id="addresses in the words of Neutron",
        ),
        pytest.param(
            template({**SMALL, "block_device_mapping_v2": [{"volume_id": "", "volume_size": 100}]}),
            None,
            "names no source",
            id="an empty source",
        ),
        pytest.param(
            template({"removal_policies": [{"resource_list": ["0"]}]}, "OS::Heat::ResourceGroup"),
            None,
            "other numbers",
            id="members that are left out",
        ),
        pytest.param(
            template({}, "OS::Heat::Delay"),
            {"resource_registry": {"OS::Heat::Delay": "OS::Heat::None", "OS::Heat::None": "web.yaml"}},
            "for another one",
            id="a type of the environment's type",
        ),
        pytest.param(
            template({}, "OS::Heat::Delay"),
            {"resource_registry": {"OS::Heat::Delay": "OS::Heat::None", "OS::Heat::N*": "OS::Nova::Server"}},
            "for another type",
            id="types of the environment's type",
        ),
    ],
)
def test_what_is_not_understood_is_unknown(
    estimate: Callable[..., Result], content: Result, environment: Result | None, reason: str
) -> None:
    told = estimate(content, environment)
    assert not told["complete"]
    assert told["total"] is None
    assert any(reason in one["reason"] for one in told["unknown"]), told["unknown"]
    said = json.dumps([told["unknown"], told["lines"], told["warnings"]])
    assert not OF_TERRAFORM.search(said), said


def test_a_resource_of_the_environment_is_told_whatever_its_name_is(estimate: Callable[..., Result]) -> None:
    content = template({})
    content["resources"] = {"web[0]": {"type": "OS::Heat::Delay"}}
    own = {"web[0]": {"OS::Heat::Delay": "OS::Nova::Server"}}
    told = estimate(content, {"resource_registry": {"resources": own}})
    assert [one["reason"] for one in told["unknown"]] == ["the environment has a type of its own for it"]


def test_an_address_that_is_given_costs_whatever_else_is_said(estimate: Callable[..., Result]) -> None:
    port = {"network": "ext-net1", "fixed_ips": [{}, {}], "no_fixed_ips": True}
    one = estimate(template({"network": "ext-net1"}, "OS::Neutron::Port"))["total"]["hourly"]["ICU"]
    two = estimate(template(port, "OS::Neutron::Port"))["total"]["hourly"]["ICU"]
    assert Decimal(two) == 2 * Decimal(one) > 0
    # An empty port is none, so that the server has one of its own.
    server = {"flavor": FLAVOR, "networks": [{"port": "", "network": "ext-net1"}]}
    lines = estimate(template(server))["lines"]
    assert [line["hourly"] for line in lines if line["kind"] == "fixed_ip"] == [one]


@pytest.mark.parametrize("name", ["EXT-net1", "ext-net1 "])
def test_a_network_is_the_public_one_however_its_name_is_written(
    estimate: Callable[..., Result], name: str
) -> None:
    """Neutron's database finds it, too."""
    told = estimate(template({"flavor": FLAVOR, "networks": [{"network": name}]}))
    assert [line["kind"] for line in told["lines"]] == ["instance", "fixed_ip"]


def test_a_parameter_that_is_null_has_its_default(estimate: Callable[..., Result]) -> None:
    content = template({**SMALL, "block_device_mapping_v2": {"get_param": "disks"}})
    disk = {"image": "debian", "volume_size": 100}
    content["parameters"] = {"disks": {"type": "json", "default": [disk]}}
    nothing = {"parameters": {"disks": None}, "parameter_defaults": {"disks": None}}
    assert estimate(content, nothing)["total"] == estimate(content)["total"]
    assert len(estimate(content)["lines"]) == 2


def test_a_group_in_a_group_keeps_its_digits(estimate: Callable[..., Result]) -> None:
    """Only a mark is replaced, and only in what functions come to."""
    volume = {"type": "OS::Cinder::Volume", "properties": {"size": "1500", "volume_type": "CEPH_1_perf1"}}
    inner = {"type": "OS::Heat::ResourceGroup", "properties": {"count": 1, "resource_def": volume}}
    told = estimate(template({"count": 2, "resource_def": inner}, "OS::Heat::ResourceGroup"))
    assert [line["quantity"] for line in told["lines"]] == ["1500", "1500"]
    content = template({"index_var": "large", "resource_def": volume}, "OS::Heat::ResourceGroup")
    volume["properties"] = {"size": {"get_param": "large_gb"}, "volume_type": "CEPH_1_perf1"}
    content["parameters"] = {
        "large_gb": {"type": "number", "default": 1500}, "0_gb": {"type": "number", "default": 1},
    }  # fmt: skip
    assert [line["quantity"] for line in estimate(content)["lines"]] == ["1500"]


def test_the_environment_may_make_a_type_nothing(estimate: Callable[..., Result]) -> None:
    told = estimate(template(SMALL), {"resource_registry": {"OS::Nova::Server": "OS::Heat::None"}})
    assert (told["complete"], told["lines"]) == (True, [])


def test_what_costs_nothing_is_named(estimate: Callable[..., Result]) -> None:
    told = estimate(template({}, "OS::Trove::Instance"), assume_free=["OS::Trove::*", "nobody"])
    assert told["complete"]
    assert [one for one in told["warnings"] if "assume_free" in one] == [
        "assume_free: 'nobody' matches nothing of the plan, so it makes nothing free."
    ]


def test_the_tags_that_lines_have_are_told_for_a_receipt(estimate: Callable[..., Result]) -> None:
    told = estimate(template(SMALL), tags={"team": 7})
    assert told["default_tags"] == {"team": "7"} == told["request"][0]["tags"]
    assert told["resources_count"] == 0


def test_a_hidden_parameter_is_priced_and_not_shown(estimate: Callable[..., Result]) -> None:
    content = template({"flavor": {"get_param": "f"}, **NETWORKS})
    content["parameters"] = {"f": {"type": "string", "hidden": True, "default": FLAVOR}}
    told = estimate(content)
    assert told["complete"]
    assert told["total"]["hourly"]["ICU"] == "0.35"
    assert FLAVOR not in json.dumps(told["lines"])


BOMB = "heat_template_version: 2018-08-31\nresources:\n  a: &a\n    type: OS::Heat::ResourceGroup\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [", "is not YAML."),
        ("- a", "is no dictionary in YAML."),
        ("a: 1", "is no template of Heat: it needs `heat_template_version` and `resources`."),
        ("\x00", "is not YAML."),
        ("[" * 5000, "is not YAML."),
        (f"{BOMB}    properties: {{resource_def: *a}}\n", "is nested too deeply to be read."),
        (f"{BOMB}    properties: {{count: 9, resource_def: *a}}\n", "is nested too deeply to be read."),
        (
            f"{BOMB}    properties: {{count: 99999, resource_def: {{type: x}}}}\n",
            "has more than 20000 resources.",
        ),
    ],
)
def test_what_is_no_template_is_one_sentence(
    estimate: Callable[..., Result], content: str, said: str
) -> None:
    told = estimate(content)
    assert told["failed"]
    assert told["error"]["option"] == "heat_template"
    assert told["msg"].endswith(said)


def test_a_parameter_that_the_template_does_not_have_is_refused(estimate: Callable[..., Result]) -> None:
    result = estimate(TEMPLATE, {"parameters": {"flavor": FLAVOR, "sise": 10}})
    assert result["msg"] == "heat_environment: has the parameter 'sise', which the template does not have."
    defaults = {"flavor": FLAVOR, "sise": 10}
    assert estimate(TEMPLATE, {"parameter_defaults": defaults})["complete"]


def test_aliases_of_yaml_end(estimate: Callable[..., Result]) -> None:
    """Ten lists of ten of the one before are 10^10 values."""
    nested = "\n".join(f"  b{one}: &b{one} [{', '.join([f'*b{one - 1}'] * 10)}]" for one in range(1, 10))
    content = f"{BOMB.replace('&a', '')}x:\n  b0: &b0 [1]\n{nested}\n"
    content = content.replace(
        "    type: OS::Heat::ResourceGroup", "    type: OS::Nova::Server\n    properties: {flavor: *b9}"
    )
    # The alias stands before its anchor otherwise.
    head, _x, rest = content.partition("x:\n")
    told = estimate(f"x:\n{rest}{head}")
    assert told["msg"] == "heat_template: has more than 1000000 values."


@pytest.mark.parametrize(("value", "count"), [("{get_param: p}", 1), ("*b5", 20)])
def test_what_the_members_of_a_group_have_is_counted_together(
    estimate: Callable[..., Result], value: str, count: int
) -> None:
    """Also what aliases in a parameter stand for: the index is put into that."""
    lists = "\n".join(f"b{one}: &b{one} [{', '.join([f'*b{one - 1}'] * 10)}]" for one in range(1, 9))
    member = f"{{type: OS::Heat::Value, properties: {{value: {value}}}}}"
    told = estimate(
        f"b0: &b0 [1]\n{lists}\nheat_template_version: 2018-08-31\n"
        "parameters: {p: {type: json, default: *b8}}\nresources:\n"
        f"  g: {{type: 'OS::Heat::ResourceGroup', properties: {{count: {count}, resource_def: {member}}}}}\n"
    )
    assert told["msg"] == "heat_template: has more than 1000000 values."


def test_each_free_type_is_free_in_a_plan_too() -> None:
    assert {*FREE.values()} <= {*terraform_types.FREE}
    assert OPENSTACK in terraform_types.OPENSTACK
