"""Stripe's words as Calos keeps and reads them: signatures, events, objects, and what they mean in our terms."""
