"""Invoices on paper: typeset from a document that is complete, without a session, a clock or a network."""
