"""The security score: what is observed of this installation, judged by published checks, and remembered day by day."""
