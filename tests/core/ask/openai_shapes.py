"""OpenAI's Responses API as a loopback server plays it: its replies, and what every request to it has to be."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

# The essentials, for where OpenAI's own description is not at hand; its open schema lets unknown keys pass, ours not.
REQUEST: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["model", "instructions", "input", "text", "store", "max_output_tokens", "reasoning"],
    "properties": {
        "model": {"type": "string", "minLength": 1},
        "instructions": {"type": "string"},
        "input": {"type": "string"},
        "store": {"const": False},
        "max_output_tokens": {"type": "integer", "maximum": 4000},
        "reasoning": {"const": {"effort": "low"}},
        "prompt_cache_key": {"type": "string", "maxLength": 64},
        "safety_identifier": {"type": "string", "maxLength": 64},
        "text": {
            "type": "object",
            "required": ["format"],
            "properties": {
                "format": {
                    "type": "object",
                    "required": ["type", "strict", "name", "schema"],
                    "properties": {
                        "type": {"const": "json_schema"},
                        "strict": {"const": True},
                        "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                        "schema": {"$ref": "#/$defs/strict"},
                    },
                }
            },
        },
    },
    "$defs": {
        # What strict mode takes: closed objects with every property required, no unions of objects, no open maps.
        "strict": {
            "type": "object",
            "properties": {
                "additionalProperties": {"const": False},
                "oneOf": False,
                "allOf": False,
                "prefixItems": False,
                "properties": {"additionalProperties": {"$ref": "#/$defs/strict"}},
                "items": {"$ref": "#/$defs/strict"},
                "$defs": {"additionalProperties": {"$ref": "#/$defs/strict"}},
            },
            "if": {"properties": {"type": {"const": "object"}}, "required": ["type"]},
            "then": {"required": ["properties", "required", "additionalProperties"]},
        }
    },
}


def published() -> dict[str, Any] | None:
    """Return OpenAI's own description of the Responses API, or None where it is not at hand."""
    shared = Path(os.environ.get("CALOS_SHARED", Path(__file__).parents[4] / "shared"))
    path = shared / "data" / "openai" / "responses_schema_subset.json"
    return json.loads(path.read_text()) if path.exists() else None


@cache
def _validator(name: str) -> Draft202012Validator | None:
    schemas = published()
    if schemas is None:
        return None
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def wrong_with(body: Any, name: str = "CreateResponse") -> list[str]:
    """Return what is wrong with a request (or a reply, as `Response`) by our essentials and OpenAI's own words."""
    found = list(Draft202012Validator(REQUEST).iter_errors(body)) if name == "CreateResponse" else []
    theirs = _validator(name)
    found += list(theirs.iter_errors(body)) if theirs is not None else []
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]


def response(content: list[dict[str, Any]], *, status: str = "completed") -> dict[str, Any]:
    """Return a whole Response that holds one message."""
    message = {"type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": content}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_795_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": "gpt-6-luna",
        "output": [message],
        "parallel_tool_calls": True,
        "temperature": 1,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1,
        "usage": {
            "input_tokens": 1200,
            "input_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 0},
            "output_tokens": 90,
            "output_tokens_details": {"reasoning_tokens": 30},
            "total_tokens": 1290,
        },
    }


def saying(text: str, *, status: str = "completed") -> dict[str, Any]:
    """Return a Response whose message is `text`."""
    return response([{"type": "output_text", "text": text, "annotations": [], "logprobs": []}], status=status)


def refusing() -> dict[str, Any]:
    """Return a Response in which the model refuses."""
    return response([{"type": "refusal", "refusal": "I can't help with that."}])


def flat(**changed: Any) -> dict[str, Any]:
    """Return a model's reading in the flat shape: MRR, unless changed."""
    return {
        "outcome": "answer",
        "intent": "value",
        "metrics": ["mrr"],
        "dimensions": [],
        "entity": "none",
        "filters": [],
        "start": None,
        "end": None,
        "span_label": "",
        "grain": "none",
        "compare": "none",
        "order_by": "none",
        "descending": True,
        "limit": None,
        "not_understood": [],
        "reason": "",
        **changed,
    }
