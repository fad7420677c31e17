from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common.util.names import convert_impl_name, module_from_path, module_of_file, uncamelify

EXAMPLES = {
    "my_mod.MyService": "my-mod.my-service",
    "api.GetURLData": "api.get-url-data",
    "crm.HTTPClient": "crm.http-client",
    "mod.GetUserByID": "mod.get-user-by-id",
    "mod.GetUser2": "mod.get-user2",
    "mod.GetOAuth2Token": "mod.get-o-auth2-token",
    "mod.APIv2Get": "mod.ap-iv2-get",
    "a_b.c_d.My_Service": "a-b.c-d.my_service",
    "mod.Get_Customer_ID": "mod.get_customer_id",
    "api.crm.GetCustomer": "api.crm.get-customer",
    "crm_api.GetClientList": "crm-api.get-client-list",
    "zato.server.service.internal.helpers.Echo": "zato.helpers.echo",
    "zato.server.service.internal.Ping": "zato.ping",
    "zato.server.service.internal.service.Invoke": "zato.service.invoke",
    "demo.Ping": "demo.ping",
}

identifiers = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
class_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)


@pytest.mark.compat("2.2-examples", "2.2-internal", "2.2-separators", "2.2-underscores")
@pytest.mark.parametrize(("impl_name", "expected"), EXAMPLES.items())
def test_documented_examples_hold(impl_name: str, expected: str) -> None:
    assert convert_impl_name(impl_name) == expected


@given(st.lists(identifiers, min_size=1, max_size=4), class_names)
def test_names_are_lower_case_and_keep_their_parts(modules: list[str], cls: str) -> None:
    name = convert_impl_name(".".join([*modules, cls]))
    *parts, last = name.split(".")
    assert name == name.lower()
    assert [part.replace("-", "_") for part in parts] == modules
    assert last.replace("-", "") == cls.lower().replace("-", "")
    assert not last.startswith("-")


@given(identifiers, class_names)
def test_names_of_names_are_the_same(module: str, cls: str) -> None:
    name = convert_impl_name(f"{module}.{cls}")
    assert convert_impl_name(name) == name


@pytest.mark.compat("2.2-separators")
@given(st.from_regex(r"([A-Z][a-z]+){1,6}", fullmatch=True))
def test_plain_camel_case_splits_at_every_capital(text: str) -> None:
    assert uncamelify(text).count("-") == sum(letter.isupper() for letter in text) - 1


@pytest.mark.compat("2.2-path")
@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/env/server1/pickup/incoming/services/crm.py", "crm"),
        ("/proj/src/api/crm.py", "api.crm"),
        ("/proj/src/api/__init__.py", "api"),
        ("/src/old/src/new/crm.py", "new.crm"),
        ("/proj/source/api/crm.py", "api.crm"),
        ("/proj/src/x/source/api/crm.py", "x.source.api.crm"),
        ("/src/env/services/crm.py", "crm"),
        ("/opt/hot/crm.v2.py", "crm.v2"),
        ("/opt/hot/my-file.py", "my-file"),
    ],
)
def test_module_comes_from_the_path_since_3_2(location: str, expected: str) -> None:
    assert module_from_path(location) == expected


@pytest.mark.compat("2.2-path")
@pytest.mark.parametrize(
    ("profile", "expected"), [("2.0", "crm"), ("3.1", "crm"), ("3.2", "api.crm"), ("4.1", "api.crm")]
)
def test_profiles_differ_below_a_source_directory(profile: str, expected: str) -> None:
    found = module_of_file("crm", "crm.py", "/proj/src/api/crm.py", is_package=False, profile=profile)
    assert found == expected


@pytest.mark.compat("2.2-packages")
@pytest.mark.parametrize("profile", ["2.0", "3.2"])
def test_files_of_packages_are_called_by_their_dotted_names(profile: str) -> None:
    found = module_of_file(
        "billing", "sub/api.py", "/src/services/billing/sub/api.py", is_package=True, profile=profile
    )
    assert found == "billing.sub.api"
