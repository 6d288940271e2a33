"""Showing on a device that what the metadata says is so.

A run takes cases (cases.py) through their levels (evidence.py), and is kept as findings
(findings.py) and written as a report (report.py). A case is a tensor, a schedule or a kernel, each
with a folder: what is claimed and judged, what is wrong on purpose (controls.py), and what the
device's process does (examine.py). What is malformed or could do harm is found by preflight/ first.
"""
