"""What a role may allow, stage by stage, and the five roles that come with the product.

One letter per stage: p production, s staging, d development. The table in
``docs/roles-and-approvals.md`` is this one; a test compares them.
"""

STAGES = {"production": "p", "staging": "s", "development": "d"}
PERMISSIONS = {
    "view": "See",
    "logs": "Read logs",
    "deploy": "Deploy",
    "rollback": "Go back to an earlier build",
    "backup": "Make backups",
    "restore": "Restore backups",
    "download": "Download data",
    "modules": "Install and remove modules",
    "settings": "Change settings",
    "secrets": "Set secrets",
    "shell": "Open a shell",
    "database_shell": "Open a database shell",
    "destroy": "Destroy",
    "approve": "Approve",
    "members": "Manage members",
    "policies": "Manage policies",
}
EVERYWHERE = "psd"
_READING = {"view": EVERYWHERE, "logs": EVERYWHERE}
_OPERATING = ("deploy", "rollback", "backup", "modules", "settings")
_OPERATING_BELOW = ("restore", "download", "secrets", "shell", "database_shell", "destroy")
_DEVELOPING = (*_OPERATING, *_OPERATING_BELOW)
ROLES = {
    "viewer": dict(_READING),
    "developer": {"view": EVERYWHERE, "logs": "sd", **dict.fromkeys(_DEVELOPING, "d")},
    "tester": {"view": EVERYWHERE, "logs": "sd", **dict.fromkeys(_DEVELOPING, "sd")},
    "operator": {
        **_READING,
        **dict.fromkeys(_OPERATING, EVERYWHERE),
        **dict.fromkeys((*_OPERATING_BELOW, "approve"), "sd"),
    },
    "admin": dict.fromkeys(PERMISSIONS, EVERYWHERE),
}


def rights_of(role: str) -> list[dict[str, str | bool]]:
    """Return the rows of a shipped role's matrix: permission and one truth per stage."""
    return [
        {
            "permission": permission,
            **{f"in_{stage}": letter in letters for stage, letter in STAGES.items()},
        }
        for permission, letters in ROLES[role].items()
    ]
