"""Calls a HookProvider as Python's grpcio does, and prints what came back as one line of JSON.

It sends and receives bytes as they are; calls go out over one channel, many at a time. What is asked for comes as JSON on
standard input, in the words of the program in Go beside it.
"""

import base64
import collections
import json
import sys

import grpc


def main() -> None:
    want = json.load(sys.stdin)
    request = base64.b64decode(want["request"])
    replies: collections.Counter[str] = collections.Counter()
    errors: collections.Counter[str] = collections.Counter()
    options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(want["address"], options=options) as channel:
        call = channel.unary_unary(want["method"])
        left = want["calls"]
        while left > 0:
            burst = min(left, want["atOnce"])
            left -= burst
            for future in [call.future(request, timeout=want["timeoutMs"] / 1000) for _ in range(burst)]:
                try:
                    replies[base64.b64encode(future.result()).decode()] += 1
                except grpc.RpcError as error:
                    errors[error.code().name] += 1
    print(json.dumps({"replies": replies, "errors": errors}))


if __name__ == "__main__":
    main()
