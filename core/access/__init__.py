"""Who asks and may they: people, permissions, credentials, sessions and the audit trail."""
