"""Pages of plans (plan.py) and of reports (report.py), and drawings for notebooks (notebook.py)."""
