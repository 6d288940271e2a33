"""The suite, on a card."""

from tilelang.tt.validate.suite import *  # noqa: F403
