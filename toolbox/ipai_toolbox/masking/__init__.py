"""Replaces what names a person by a fake that nobody can turn back; in SQL, by a policy that is data."""
