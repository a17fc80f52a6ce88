"""A running server for what only shows at the doors."""

from tests.api.conftest import serve

__all__ = ["serve"]
