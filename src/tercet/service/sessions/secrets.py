"""Secrets of vaults in a sandbox: the placeholders that it is given, and where the guard gets the values from."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from tercet.egress import Injection, Variable
from tercet.service.vaults_secrets import Secret
from tercet.sessions.environments import EnvironmentRecord, Hosted


class SecretSource(Protocol):
    """The vaults."""

    async def variables(self, vault_ids: tuple[str, ...], owner: str) -> list[Secret]:
        """Return the secrets that are for sandboxes, as they are now."""

    async def check_variables(self, vault_ids: tuple[str, ...], owner: str, spec: Hosted) -> None:
        """Raise `InvalidRequest` for vaults that an environment cannot have."""


def placeholder(environment_id: str, credential_id: str) -> str:
    """Return what stands for a secret in one environment, the same whenever that is opened."""
    digest = hashlib.sha256(f"{environment_id}\0{credential_id}".encode()).hexdigest()
    return f"tercet_secret_{digest[:32]}"


async def injected(environment: EnvironmentRecord, source: SecretSource) -> tuple[dict[str, str], Injection]:
    """Return the variables that an environment's sandbox is given, and what puts their values into its requests."""

    async def found() -> list[tuple[str, Secret]]:
        secrets = await source.variables(environment.vault_ids, environment.owner)
        return [(placeholder(environment.id, secret.credential_id), secret) for secret in secrets]

    async def reveal(placeholders: Sequence[str]) -> Mapping[str, str]:
        return {holder: secret.value for holder, secret in await found() if holder in placeholders}

    held = await found()
    variables = {secret.variable: holder for holder, secret in reversed(held) if secret.variable is not None}
    known = tuple(Variable(holder, secret.allowed_hosts) for holder, secret in held)
    return variables, Injection(known, reveal)
