"""Transcript review in the Django admin, for staff. Reads the database and never touches the relay."""
