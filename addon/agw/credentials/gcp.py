"""Google Cloud: access and ID tokens through google-auth (https://google-auth.readthedocs.io)."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from agw.config.auths import GcpAuth
from agw.config.secret import Secret
from agw.credentials.base import Bearer
from agw.credentials.renewed import Fetched
from agw.errors import UpstreamAuthError

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class GcpTokens:
    """Fetches tokens for one ``backendAuth.gcp``. ``audience`` is used where the config names none."""

    def __init__(self, auth: GcpAuth, audience: str) -> None:
        self._auth = auth
        self._audience = auth.audience or audience
        self._credentials: Any = None

    def fetch(self) -> Fetched:
        """Blocks. Raises UpstreamAuthError."""
        import google.auth.exceptions
        import google.auth.transport.requests

        request = google.auth.transport.requests.Request()
        try:
            if self._credentials is None:
                self._credentials = self._id_token(request) if self._auth.id_token else self._access_token()
            self._credentials.refresh(request)
        except google.auth.exceptions.DefaultCredentialsError:
            raise UpstreamAuthError(
                "backend authentication failed: no usable Google credentials; set GOOGLE_APPLICATION_CREDENTIALS, run "
                "'gcloud auth application-default login', or write backendAuth.gcp.credential"
            ) from None
        except (google.auth.exceptions.GoogleAuthError, ValueError, OSError) as error:
            raise UpstreamAuthError(
                f"backend authentication failed: Google gave no token ({type(error).__name__})"
            ) from None
        # google-auth keeps naive times in UTC.
        return Fetched(
            Bearer(Secret(self._credentials.token)), self._credentials.expiry.replace(tzinfo=UTC).timestamp()
        )

    def _access_token(self) -> Any:
        import google.auth

        if self._auth.credential is None:
            credentials, _ = google.auth.default(scopes=_SCOPES)
        else:
            info = json.loads(self._auth.credential.reveal())
            credentials, _ = google.auth.load_credentials_from_dict(info, scopes=_SCOPES)
        return credentials

    def _id_token(self, request: Any) -> Any:
        from google.oauth2 import id_token, service_account

        if self._auth.credential is None:
            return id_token.fetch_id_token_credentials(self._audience, request=request)
        info = json.loads(self._auth.credential.reveal())
        return service_account.IDTokenCredentials.from_service_account_info(info, target_audience=self._audience)
