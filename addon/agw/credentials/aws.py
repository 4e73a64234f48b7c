"""AWS: credentials through botocore's chain, and SigV4 by its signer (https://docs.aws.amazon.com/IAM, "SigV4")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agw.config.auths import AwsAuth, AwsRole
from agw.credentials.base import Outgoing
from agw.credentials.renewed import Fetched
from agw.errors import UpstreamAuthError

RECHECK_S = 300.0
"""botocore renews what it holds by itself, some ten minutes ahead, when it is asked; so it is asked this often."""
_SIGNED = ("content-type",)
"""Of the request's headers, beside ``host`` and ``x-amz-*``: what a proxy on the way may change stays out."""


@dataclass(frozen=True, slots=True)
class SigV4:
    """Signs requests. ``credentials`` are frozen: a signature never waits for a renewal."""

    credentials: Any = field(repr=False)
    service: str
    region: str

    def headers(self, request: Outgoing) -> Sequence[tuple[str, str]]:
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]

        kept = {
            name: value
            for name, value in request.headers.items()
            if name in _SIGNED or (name.startswith("x-amz-") and name not in _OURS)
        }
        signed = AWSRequest(request.method, request.url, dict(kept), request.body)
        SigV4Auth(self.credentials, self.service, self.region).add_auth(signed)
        return [(name.lower(), value) for name, value in signed.headers.items() if name.lower() not in kept]


_OURS = ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256")


class AwsCredentials:
    """Finds credentials for one ``backendAuth.aws``. ``region`` is used where the config names none."""

    def __init__(self, auth: AwsAuth, region: str | None, now_s: Callable[[], float]) -> None:
        self._auth = auth
        self._region = auth.region or region
        self._now_s = now_s
        self._session: Any = None
        self._found: Any = None

    def fetch(self) -> Fetched:
        """Blocks. Raises UpstreamAuthError."""
        import botocore.exceptions  # type: ignore[import-untyped]
        import botocore.session  # type: ignore[import-untyped]

        try:
            if self._session is None:
                self._session = botocore.session.Session()
            region = self._region or self._session.get_config_variable("region")
            if not region:
                raise UpstreamAuthError("backend authentication failed: no AWS region; write backendAuth.aws.region")
            if self._auth.role is not None:
                credentials, expires_s = self._assumed(self._auth.role, region)
            else:
                credentials, expires_s = self._base(), self._now_s() + RECHECK_S
        except botocore.exceptions.BotoCoreError as error:
            raise _failed(type(error).__name__) from None
        except botocore.exceptions.ClientError as error:
            raise _failed(str(error.response.get("Error", {}).get("Code", "refused"))[:80]) from None
        return Fetched(SigV4(credentials, self._auth.service, region), expires_s)

    def _base(self) -> Any:
        from botocore.credentials import Credentials  # type: ignore[import-untyped]

        keys = self._auth.keys
        if keys is not None:
            token = None if keys.session_token is None else keys.session_token.reveal()
            return Credentials(keys.access_key_id, keys.secret_access_key.reveal(), token).get_frozen_credentials()
        if self._found is None:
            self._found = self._session.get_credentials()
        if self._found is None:
            raise UpstreamAuthError(
                "backend authentication failed: no AWS credentials in environment, profile, container or instance; "
                "write backendAuth.aws"
            )
        return self._found.get_frozen_credentials()

    def _assumed(self, role: AwsRole, region: str) -> tuple[Any, float]:
        from botocore.credentials import Credentials

        base = self._base()
        sts = self._session.create_client(
            "sts",
            region_name=region,
            aws_access_key_id=base.access_key,
            aws_secret_access_key=base.secret_key,
            aws_session_token=base.token,
        )
        tags = [{"Key": key, "Value": value} for key, value in role.tags]
        answer = sts.assume_role(
            RoleArn=role.arn,
            RoleSessionName=role.session_name or "agw",
            **({"Tags": tags} if tags else {}),
        )["Credentials"]
        held = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
        return held.get_frozen_credentials(), answer["Expiration"].timestamp()


def _failed(why: str) -> UpstreamAuthError:
    return UpstreamAuthError(f"backend authentication failed: AWS gave no credentials ({why})")
