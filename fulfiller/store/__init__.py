"""The store ports on PostgreSQL, SQLite and in memory; the only place with SQL."""
