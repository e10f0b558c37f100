"""What the database itself refuses on invoices: once one is finalized, only its state and what is settled may move.

Only the owner, who takes a demo world out again, deletes what was finalized; nobody alters it.
"""

from alembic import op

_HEAD = "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_NO_OWNER = "NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')"
# The columns that may change on an invoice that is out; anything else is compared as a whole.
_MOVES = "'state', 'paid_minor', 'credited_minor', 'paid_at', 'sent_at', 'ended_at', 'dunning_paused', 'external_id'"
_GUARDS = (
    f"""
    CREATE FUNCTION hold_invoice() {_HEAD} AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state <> 'draft' AND {_NO_OWNER} THEN
                RAISE EXCEPTION 'invoice % is finalized and cannot be deleted', OLD.number USING ERRCODE = '23514';
            END IF;
            RETURN OLD;
        END IF;
        IF OLD.state = 'draft' THEN
            RETURN NEW;
        END IF;
        IF NEW.state = 'draft' OR to_jsonb(OLD) - ARRAY[{_MOVES}] <> to_jsonb(NEW) - ARRAY[{_MOVES}] THEN
            RAISE EXCEPTION 'invoice % is finalized and cannot be changed', OLD.number USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER invoice_held BEFORE UPDATE OR DELETE ON invoice
    FOR EACH ROW EXECUTE FUNCTION hold_invoice()
    """,
    # Of lines and taxes: which draft they are on is told by the invoice, gone already where a draft is deleted whole.
    f"""
    CREATE FUNCTION hold_invoice_part() {_HEAD} AS $$
    DECLARE
        held public.invoice%ROWTYPE;
    BEGIN
        SELECT * INTO held FROM public.invoice
        WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END;
        IF FOUND AND held.state <> 'draft' AND (TG_OP <> 'DELETE' OR {_NO_OWNER}) THEN
            RAISE EXCEPTION 'invoice % is finalized and cannot be changed', held.number USING ERRCODE = '23514';
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id THEN
            RAISE EXCEPTION 'a line stays on its invoice' USING ERRCODE = '23514';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_held BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION hold_invoice_part()
        """
        for table in ("invoice_line", "invoice_tax")
    ),
)


def guard_invoices() -> None:
    """Put the guards on the tables."""
    for statement in _GUARDS:
        op.execute(statement)


def release_invoices() -> None:
    """Take them off."""
    for table in ("invoice_line", "invoice_tax", "invoice"):
        op.execute(f"DROP TRIGGER {table}_held ON {table}")
    op.execute("DROP FUNCTION hold_invoice_part, hold_invoice")
