"""The suite, on a simulator."""

from tilelang.tt.validate.suite import *  # noqa: F403
