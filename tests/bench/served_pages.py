"""The product with one page more, the trivial one: `python -m tests.bench.served_pages` serves it like manage.py."""

from pathlib import Path

import app as product
from api import serve
from core.config import settings

app = product.app
# Everything stays the product's but the script, which is the shell with a way round it; Streamlit has no public way.
app._resolved_script_path = Path(__file__).with_name("shell_or_nothing.py")

if __name__ == "__main__":
    serve.APPS["all"] = "tests.bench.served_pages:app"
    serve.serve("all", settings().port, 1)
