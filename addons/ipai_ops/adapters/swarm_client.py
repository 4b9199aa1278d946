"""The connection to Docker, with the calls that docker-py has no public method for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import docker
import requests
from docker import auth


class SwarmClient(docker.APIClient):
    """docker-py's client, with a login of ours, a service's whole spec and logs of many places."""

    if TYPE_CHECKING:  # docker-py's own parts, which its stubs leave out
        _auth_configs: auth.AuthConfig

        def _url(self, pathfmt: str, *args: str) -> str: ...
        def _get(self, url: str, **options: object) -> requests.Response: ...
        def _post_json(self, url: str, data: Mapping, **options: object) -> requests.Response: ...
        def _result(self, response: requests.Response) -> str: ...
        def _raise_for_status(self, response: requests.Response) -> None: ...
        def _multiplexed_buffer_helper(self, response: requests.Response) -> Iterator[bytes]: ...

    def use_login(self, registry: str, user: str, password: str) -> None:
        """Have every node pull from ``registry`` (host and port) with this login, and from others with none."""
        login = {"username": user, "password": password, "serveraddress": registry}
        self._auth_configs = auth.AuthConfig({"auths": {registry: login} if registry else {}})

    def put_spec(self, service: Mapping, spec: Mapping) -> None:
        """Give a service a spec as it is, and let it pull with the login it had before."""
        url = self._url("/services/{0}/update", service["ID"])
        version = {"version": service["Version"]["Index"], "registryAuthFrom": "previous-spec"}
        self._result(self._post_json(url, data=spec, params=version))

    def log_frames(self, places: tuple[tuple[str, str], ...], since: str) -> Iterator[bytes]:
        """Return the log's frames from the first of ``places`` (kind and id) that has one."""
        options = {"stdout": 1, "stderr": 1, "timestamps": 1, "since": since}
        for kind, identity in places:
            url = self._url("/{0}/{1}/logs", kind, identity)
            response = self._get(url, params=options, stream=True)
            if response.ok:
                break
        self._raise_for_status(response)
        return self._multiplexed_buffer_helper(response)
