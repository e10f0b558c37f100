"""The whole product as one ASGI app: `streamlit run app.py` or `manage.py serve` serve screens, API and realtime."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.routing import Mount
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from api import house, live, logs, main, redirects
    from api.boot import Boot
    from core.config import check
    from core.errors import CalosError

    try:
        _house = house.build()
        check(_house.settings)
    except CalosError as refused:
        # Who runs this file with streamlit or uvicorn gets the sentence alone, as from manage.py.
        raise SystemExit(f"Error: {refused.message}") from refused
    logs.configure(_house.settings)
    _api = main.create_api(_house)
    _live = live.create_live(_house)

    def _preload() -> None:
        # Here, not above: Streamlit's caches want its runtime, which is there by now.
        from pages import shell

        shell.preload()

    @asynccontextmanager
    async def _lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
        async with Boot(_house, _api, work=True, live=_live, preload=_preload).running():
            yield {}

    app = st.App(
        "pages/shell.py",
        lifespan=_lifespan,
        routes=[*redirects.routes, Mount("/socket.io", _live.app), *main.outer_routes(_house, _api)],
        middleware=main.middleware(_house),
    )
else:
    # A plain script run, as AppTest does it: show the product itself.
    from pages import shell

    shell.show()
