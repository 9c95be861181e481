"""Asks a Check service with the official gRPC library and Envoy's own generated classes.

Each line of stdin is a question, each line of stdout its answer, both in JSON.
"""

import json
import sys

import grpc
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_SEC = 5


def check(channel, question):
    request = external_auth_pb2.CheckRequest()
    http = request.attributes.request.http
    http.method = question.get("method", "GET")
    http.path = "/things?q=1"
    http.host = "api.example"
    http.scheme = "https"
    http.protocol = "HTTP/2"
    http.size = -1
    for name, value in question.get("headers", {}).items():
        http.headers[name] = value
    request.attributes.source.address.socket_address.address = "192.0.2.1"
    response = external_auth_pb2_grpc.AuthorizationStub(channel).Check(
        request, timeout=TIMEOUT_SEC
    )
    return describe(response)


def describe(response):
    kind = response.WhichOneof("http_response")
    part = getattr(response, kind)
    options = part.headers
    answer = {
        "code": response.status.code,
        "kind": kind,
        "reason": response.dynamic_metadata["reason"],
        "headers": {option.header.key: option.header.value for option in options},
        "overwrites": all(
            option.HasField("append")
            and not option.append.value
            and option.append_action == option.OVERWRITE_IF_EXISTS_OR_ADD
            for option in options
        ),
    }
    if kind == "ok_response":
        answer["removed"] = list(part.headers_to_remove)
    else:
        answer["httpStatus"] = part.status.code
        answer["body"] = json.loads(part.body)
    return answer


def health(channel, question):
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=question["service"])
    return health_pb2.HealthCheckResponse.ServingStatus.Name(
        stub.Check(request, timeout=TIMEOUT_SEC).status
    )


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        for line in sys.stdin:
            question = json.loads(line)
            try:
                ask = health if "service" in question else check
                answer = ask(channel, question)
            except grpc.RpcError as error:
                answer = {"grpcStatus": error.code().name, "details": error.details()}
            print(json.dumps(answer), flush=True)


main()
