"""The table of what is covered is about the kernels of the list, and of what they are now."""

from __future__ import annotations

import covered
import pytest


def test_the_table_has_each_kernel_of_the_list_once_in_order():
    assert list(covered.rows()) == list(covered.EVERY), "'make covered' renews docs/covered.md"


@pytest.mark.parametrize("name", covered.EVERY)
def test_a_row_is_of_the_kernel_as_it_is(name):
    assert covered.rows()[name][:-2] == covered.described(name), "'make covered' renews the table"
