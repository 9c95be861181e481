"""Answers questions about Envoy's messages with the official protobuf runtime.

Each line of JSON on stdin has `ask`, the name of a function here, and its arguments.
"""

import json
import random
import sys
from base64 import b64decode, b64encode

from bytes_twin import bytes_twin, is_map
from envoy.service.auth.v3 import external_auth_pb2
from google.protobuf import descriptor_pool, json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from random_message import fill

POOL = descriptor_pool.Default()
CHECK_REQUEST = "envoy.service.auth.v3.CheckRequest"
TYPE_NAMES = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


def text(data):
    return b64encode(data.encode() if isinstance(data, str) else data).decode()


def entries(pairs):
    """Of a map, or of the messages it is made of on the wire."""
    items = pairs.items() if hasattr(pairs, "items") else ((it.key, it.value) for it in pairs)
    return [[text(key), text(value)] for key, value in items]


def reading(attributes):
    """What Sluice reads of a CheckRequest, in base64."""
    http = attributes.request.http
    return {
        "method": text(http.method),
        "path": text(http.path),
        "host": text(http.host),
        "headers": entries(http.headers),
        "headerMap": [
            [text(it.key), text(it.raw_value or it.value)] for it in http.header_map.headers
        ],
        "extensions": entries(attributes.context_extensions),
    }


# --- random messages with every field that Envoy knows ---


def generate(seed, count):
    return [generate_one(random.Random(seed * count + i)) for i in range(count)]


def generate_one(rng):
    message = external_auth_pb2.CheckRequest()
    fill(message, rng)
    return {
        "bytes": text(message.SerializeToString()),
        "isTcp": not message.attributes.request.HasField("http"),
        "reading": reading(message.attributes),
    }


# --- bytes that may be anything ---


def read_all(kept, messages):
    twin = bytes_twin(CHECK_REQUEST, kept)
    return [read(twin, b64decode(message)) for message in messages]


def read(twin, data):
    """None when the structure is broken."""
    try:
        return reading(twin.FromString(data).attributes)
    except DecodeError:
        return None


# --- our responses ---


def parse_responses(messages):
    return [parse_response(b64decode(message)) for message in messages]


def parse_response(data):
    message = external_auth_pb2.CheckResponse.FromString(data)
    kind = message.WhichOneof("http_response")
    response = getattr(message, kind)
    is_ok = kind == "ok_response"
    message.DiscardUnknownFields()
    return {
        "grpcCode": message.status.code if message.HasField("status") else None,
        "kind": kind,
        "httpStatus": None if is_ok else response.status.code,
        "headers": [
            {
                "name": option.header.key,
                "value": option.header.value,
                "append": option.append.value if option.HasField("append") else None,
                "appendAction": option.HeaderAppendAction.Name(option.append_action),
            }
            for option in response.headers
        ],
        "headersToRemove": list(response.headers_to_remove) if is_ok else [],
        "body": "" if is_ok else response.body,
        "dynamicMetadata": json_format.MessageToDict(message.dynamic_metadata),
        "bytes": text(message.SerializeToString(deterministic=True)),
    }


def parse_health(messages):
    parsed = (health_pb2.HealthCheckResponse.FromString(b64decode(it)) for it in messages)
    return [health_pb2.HealthCheckResponse.ServingStatus.Name(it.status) for it in parsed]


# --- definitions ---


def describe(messages, enums, services):
    return {
        "messages": {name: describe_message(name) for name in messages},
        "enums": {
            name: {value.name: value.number for value in POOL.FindEnumTypeByName(name).values}
            for name in enums
        },
        "services": {name: describe_service(name) for name in services},
    }


def type_name(field):
    if is_map(field):
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        return f"map<{type_name(key)}, {type_name(value)}>"
    named = field.message_type or field.enum_type
    return named.full_name if named else TYPE_NAMES[field.type]


def describe_message(name):
    return {
        field.name: {
            "number": field.number,
            "type": type_name(field),
            "repeated": field.is_repeated,
            "oneof": field.containing_oneof.name if field.containing_oneof else None,
        }
        for field in POOL.FindMessageTypeByName(name).fields
    }


def describe_service(name):
    return {
        method.name: {
            "input": method.input_type.full_name,
            "output": method.output_type.full_name,
            "clientStreaming": method.client_streaming,
            "serverStreaming": method.server_streaming,
        }
        for method in POOL.FindServiceByName(name).methods
    }


QUESTIONS = {
    function.__name__: function
    for function in (generate, read_all, parse_responses, parse_health, describe)
}

for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(QUESTIONS[question.pop("ask")](**question)))
