# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every form of catalog leads to the same service, and no URL is discovered
(design/reading-a-cloud.md#catalog).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, Malformed
from ansible_collections.finops.cloud.plugins.module_utils._core.masking import Secrets
from ansible_collections.finops.cloud.plugins.module_utils._openstack import (
    block_storage,
    compute,
    image,
    load_balancer,
    network,
    object_storage,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.catalog import (
    require_usable,
    service_url,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud, read_all
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import (
    CloudRegion,
    ConnectionOptions,
)

from ....conftest import Sandbox

Start = Callable[..., Sandbox]
PROJECT = "0123456789abcdef0123456789abcdef"
DEFAULT = Path(__file__).parents[5] / "roles/sandbox/files/scenarios/default.yml"

FORMS: dict[str, dict[str, Any]] = {
    "versions left out": {
        "catalog": {
            "compute": [{"type": "compute"}],
            "block_storage": [{"type": "block-storage"}],
            "network": [{"type": "network"}],
            "image": [{"type": "image"}],
            "load_balancer": [{"type": "load-balancer"}],
        },
    },
    "versions of all": {
        "catalog": {
            "compute": [{"type": "compute", "path": "/v2.1/"}],
            "block_storage": [{"type": "volumev3", "path": "/v3/{project_id}"}],
            "network": [{"type": "network", "path": "/v2.0/"}],
            "image": [{"type": "image", "path": "/v2"}],
            "load_balancer": [{"type": "load-balancer", "path": "/v2.0"}],
            "rating": [{"type": "rating", "path": "/v1"}],
            "metric": [{"type": "metric", "path": "/v1"}],
        },
    },
    "names that begin with v": {
        "prefixes": {"network": "/vpc-network", "image": "/v-images", "compute": "/virtual"},
        "catalog": {
            "network": [{"type": "network"}],
            "image": [{"type": "image"}],
            "compute": [{"type": "compute"}],
        },
    },
    "aliases, one of them here": {
        "other_regions": ["elsewhere"],
        "catalog": {
            "block_storage": [
                {"type": "block-storage", "path": "/nowhere", "regions": ["elsewhere"]},
                {"type": "volumev2", "path": "/v3/{project_id}"},
            ],
        },
    },
}


def scenario(tmp_path: Path, changes: dict[str, Any]) -> str:
    path = tmp_path / "scenario.yml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(DEFAULT.read_text()), **changes}))
    return str(path)


def asked(sandbox: Sandbox) -> dict[str, int]:
    told = sandbox.ask("GET", "/sandbox/requests").body
    return {kind: told[kind] for kind in ("token", "discovery", "api")}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_catalog_is_read_alike(
    form: str, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("--scenario", scenario(tmp_path, FORMS[form]))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    cloud = Cloud(ConnectionOptions(cloud="sandbox"))
    readings = read_all(
        cloud,
        {
            "servers": ("compute", lambda nova: len(list(compute.servers(nova)))),
            "volumes": ("block_storage", lambda cinder: len(list(block_storage.volumes(cinder)))),
            "networks": ("network", lambda neutron: len(network.quotas(neutron))),
            "images": ("image", lambda glance: len(list(image.images(glance)))),
            "account": ("object_storage", lambda swift: object_storage.account(swift) is not None),
            "balancers": ("load_balancer", lambda octavia: len(load_balancer.quotas(octavia))),
            "rating": ("rating", lambda rating: rating.get("metrics", "/v1/info/metrics").status),
            "metric": ("metric", lambda gnocchi: gnocchi.get("metrics", "/v1/metric").status),
        },
    )
    assert readings.errors == ()
    assert readings.values["servers"] == 6
    assert readings.values["volumes"] == 7
    assert None not in readings.values.values()
    assert asked(sandbox) == {"token": 1, "discovery": 0, "api": 8}


def test_a_service_of_another_region_is_absent_here(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {
        "other_regions": ["elsewhere"],
        "catalog": {
            "rating": [{"type": "rating", "regions": ["elsewhere"]}],
            "block_storage": [
                {"type": "volumev3", "path": "/v3", "regions": ["elsewhere"]},
                {"type": "volumev2", "path": "/v3", "regions": ["elsewhere"]},
            ],
        },
    }
    sandbox = start("--scenario", scenario(tmp_path, changes))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    here = Cloud(ConnectionOptions(cloud="sandbox"))
    assert not here.offers("rating")
    assert here.in_region("elsewhere").offers("rating")
    readings = read_all(here, {"volumes": ("block_storage", block_storage.quotas)})
    assert readings.services["block_storage"].status == "absent"


def test_the_interface_of_the_configuration_counts_unless_the_task_names_one(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"type": "compute", "path": "/public", "interfaces": ["public"]},
        {"type": "compute", "path": "/internal", "interfaces": ["internal"]},
    ]
    sandbox = start("--scenario", scenario(tmp_path, {"catalog": {"compute": rows}}))
    clouds = yaml.safe_load(Path(sandbox.state["clouds_file"]).read_text())
    entry = clouds["clouds"]["sandbox"]
    (tmp_path / "clouds.yaml").write_text(
        yaml.safe_dump(
            {
                "clouds": {
                    "plain": entry,
                    "inside": {**entry, "interface": "internal"},
                    "old": {**entry, "endpoint_type": "internalURL"},
                    "one": {**entry, "compute_interface": "internal"},
                }
            }
        )
    )
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))

    def path(**options: Any) -> str:
        url = Cloud(ConnectionOptions(**options)).service("compute").url
        return url.removeprefix(sandbox.state["url"])

    assert path(cloud="plain") == "/compute/public/v2.1"
    for cloud in ("inside", "old", "one"):
        assert path(cloud=cloud) == "/compute/internal/v2.1"
        assert path(cloud=cloud, interface="public") == "/compute/public/v2.1"
    for name, value in {**entry["auth"], "region_name": "dc3-a", "interface": "internal"}.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    assert path() == "/compute/internal/v2.1"


def located(url: str, name: str = "compute", **config: str) -> str | None:
    """Where a service is, of a catalog that has it at that URL."""
    from keystoneauth1.access import create
    from openstack.config.cloud_region import CloudRegion as Configuration

    kinds = {
        "block_storage": "block-storage",
        "load_balancer": "load-balancer",
        "object_storage": "object-store",
        "shared_file_system": "shared-file-system",
        "key_manager": "key-manager",
    }
    endpoint = {"interface": "public", "region_id": "here", "url": url}
    row = {"type": kinds.get(name, name), "name": "it", "endpoints": [endpoint]}
    access = create(body={"token": {"project": {"id": PROJECT}, "catalog": [row]}}, auth_token="t")
    configuration = Configuration(name="c", region_name="here", config=config, auth_plugin=None)
    region = CloudRegion(
        "c", SimpleNamespace(verify=True), "http://k", "here", None, 5, configuration, Secrets()
    )
    found = service_url(region, access, name, "here")
    require_usable(region, name, str(found))
    return found


@pytest.mark.parametrize(
    ("name", "url", "becomes"),
    [
        ("compute", "http://c:8774", "http://c:8774/v2.1"),
        ("compute", "http://c/compute/v2/", "http://c/compute/v2"),
        ("compute", f"http://c/v2.1/{PROJECT}", f"http://c/v2.1/{PROJECT}"),
        ("compute", "http://vega.example.org", "http://vega.example.org/v2.1"),
        ("network", "https://v2.example.org/vpc-network", "https://v2.example.org/vpc-network/v2.0"),
        ("network", "https://c/v2.0/", "https://c/v2.0"),
        ("network", "https://c/v", "https://c/v/v2.0"),
        ("network", "https://c/v2x", "https://c/v2x/v2.0"),
        ("block_storage", "https://c:8776", f"https://c:8776/v3/{PROJECT}"),
        ("block_storage", f"https://c/{PROJECT}", f"https://c/v3/{PROJECT}"),
        ("load_balancer", "https://c/load-balancer/v2.0", "https://c/load-balancer/v2.0"),
        ("load_balancer", "https://c/load-balancer", "https://c/load-balancer/v2.0"),
        ("image", "https://c/image/", "https://c/image/v2"),
        ("rating", "https://c/rating/v1/", "https://c/rating"),
        ("rating", "https://c/v2/rating", "https://c/v2/rating"),
        ("metric", "https://c:8041/v1", "https://c:8041"),
        ("object_storage", "https://c/swift/v1/AUTH_x", "https://c/swift/v1/AUTH_x"),
        ("shared_file_system", "https://c:8786", f"https://c:8786/v2/{PROJECT}"),
        ("shared_file_system", "https://c/share/v2", "https://c/share/v2"),
        ("dns", "https://c:9001/", "https://c:9001/v2"),
        ("key_manager", "https://c/key-manager", "https://c/key-manager/v1"),
        ("key_manager", "https://c/key-manager/v1/", "https://c/key-manager/v1"),
        ("database", "https://c:8779", f"https://c:8779/v1.0/{PROJECT}"),
        ("database", f"https://c:8779/v1.0/{PROJECT}", f"https://c:8779/v1.0/{PROJECT}"),
    ],
)
def test_a_version_is_appended_where_it_is_missing_and_never_doubled(
    name: str, url: str, becomes: str
) -> None:
    assert located(url, name) == becomes


def test_what_the_configuration_says_of_a_service_counts() -> None:
    assert (
        located("http://c", compute_endpoint_override="https://elsewhere/v2.1/") == "https://elsewhere/v2.1"
    )
    assert located("http://c", "block_storage", volume_endpoint_override="http://e/v3") == "http://e/v3"
    assert located("http://c/v3/p", "block_storage", volume_api_version="2") == "http://c/v2/p"
    assert located("http://c", "image", image_api_version="2.9") == "http://c/v2"
    with pytest.raises(InvalidOption, match="^image_api_version: is 1; what is read here is 2"):
        located("http://c", "image", image_api_version="1")


@pytest.mark.parametrize("url", ["http://[::1", "gopher://c", "compute"])
def test_an_endpoint_that_is_no_url_is_one_sentence(url: str) -> None:
    with pytest.raises(Malformed, match="the endpoint of compute is not a URL"):
        located(url)


def test_a_volume_of_a_host_is_attached_without_a_server(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volumes = [{"name": "on-a-host", "type": "CEPH_1_perf1", "size_gb": 5, "attached_host": "backup-1"}]
    changes = {"volumes": volumes, "servers": [], "snapshots": [], "backups": [], "floating_ips": []}
    sandbox = start("--scenario", scenario(tmp_path, changes))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    (volume,) = block_storage.volumes(Cloud(ConnectionOptions(cloud="sandbox")).service("block_storage"))
    assert (volume.attached, volume.server_ids) == (True, ())
