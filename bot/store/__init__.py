"""What is remembered: the only home of SQL, one text for SQLite and PostgreSQL."""
