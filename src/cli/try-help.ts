export const TRY_HELP = `exhook-kafka try <rules.yaml> <event.json> [--json]
exhook-kafka try <rules.yaml> <request.bin> --hook <hook> [--json]

Shows what the rules make of an event: which match, which do not and why, and the records to the byte. Nothing is sent.

  event.json    an event as JSON (or YAML) with the names of templates and of the format emqx:
                  {"event": "message.publish", "clientid": "d1", "topic": "devices/d1/state", "qos": 1,
                   "payload": {"battery": 83.4}}
                payload: text, or any JSON; payload_base64: bytes. What is left out has a default, which is told.
                Or a recorded hook call: {"event": "message.publish", "request_base64": "…"}
  request.bin   the same as bytes: a value of the format protobuf, or what EMQX sent without gRPC's five bytes in front
  -             reads the event from the standard input

  --hook <hook> the event is the bytes of a call of this hook (message.publish) or RPC (OnMessagePublish)
  --json        one line of JSON instead of text, for scripts
  --help        this

Exit codes: 0 it was tried, also when nothing came of it; 1 a mistake in a file or in --hook; 2 words that it cannot take.
`
