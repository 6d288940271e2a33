"""The lane of cards; --tt-backend names another backend."""

from tilelang.tt.pytest_plugin import set_default_backend


def pytest_configure(config):
    set_default_backend(config, "card")
