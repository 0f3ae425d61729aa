"""Alembic's scripts: numbered, forward only."""
