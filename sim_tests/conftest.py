"""The lane of simulators: wolfpine, from PyPI, on any CPU; --tt-backend names another."""

from tilelang.tt.pytest_plugin import *  # noqa: F403
from tilelang.tt.pytest_plugin import set_default_backend


def pytest_configure(config):
    set_default_backend(config, "wolfpine")
