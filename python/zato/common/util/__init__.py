"""Small functions that services import (reference service-api 1.3); 3.1 moved them to `zato.common.util.api`."""

from zato.common.util.api import (
    asbool,
    fs_safe_name,
    get_config,
    get_current_user,
    make_repr,
    new_cid,
    spawn_greenlet,
    uncamelify,
    utcnow,
    wait_for_dict_key,
)

__all__ = [
    "asbool",
    "fs_safe_name",
    "get_config",
    "get_current_user",
    "make_repr",
    "new_cid",
    "spawn_greenlet",
    "uncamelify",
    "utcnow",
    "wait_for_dict_key",
]
