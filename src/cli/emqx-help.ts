export const IMPORT_HELP = `exhook-kafka import-4x <file>: EMQX 4.x Enterprise's Kafka bridge as rules

  exhook-kafka import-4x /etc/emqx/plugins/emqx_bridge_kafka.conf > rules.yaml
  exhook-kafka import-4x emqx_bridge_kafka.conf --out rules.yaml --config-out config.yaml

  --out=path         where the rules go. Default: standard output
  --config-out=path  where the settings of the connection to Kafka go. They are in the comments of the rules too
                     \`-\` is the standard output, for one of the two
  --force            replace these files where they are there already

Every line becomes a rule, a setting, a comment or a warning with its number. What works in another way here is said in the
comments of the rules. The result passes \`exhook-kafka check\`. Passwords are not carried over.

Exit codes: 0 every line was understood; 1 one was not (all of them are listed), or a file cannot be read or written, or is there
already; 2 words that it cannot take.
`

export const REGISTER_HELP = `exhook-kafka register: tells EMQX of this server, by EMQX's REST API

  exhook-kafka register --emqx http://emqx:18083 --url http://exhook-kafka:9000
  exhook-kafka register --emqx http://emqx:18083 --url http://exhook-kafka:9000 --dry-run

The API key and its secret come from EXHOOK_EMQX_API_KEY and EXHOOK_EMQX_API_SECRET, or from the files that
EXHOOK_EMQX_API_KEY_FILE and EXHOOK_EMQX_API_SECRET_FILE name. Never from flags.

  --emqx=url              where EMQX's dashboard listens: the option emqx.api_url
  --url=url               where EMQX reaches this server, scheme, host and port: http://host:9000, or https:// with
                          grpc.tls. Required
  --name=name             its name in EMQX: the option emqx.provider_name. Default: exhook_kafka
  --request-timeout=5s    how long EMQX waits for an answer to a hook call
  --auto-reconnect=5s     when EMQX tries again after a failed load
  --pool-size=8           connections of each EMQX node
  --ssl-ca-file=path      PEM file of the authority that signed the certificate at --url; EMQX gets its contents
  --ssl-cert-file=path    PEM file of the certificate that EMQX shows there
  --ssl-key-file=path     PEM file of its key
  --ssl-server-name=name  the name that the certificate at --url must have, where it is not the host of --url
  --first                 put it before all other servers
  --wait=15               so many seconds at most for EMQX's nodes to load it; 0: one look
  --dry-run               show what would change, and change nothing
  --json                  the result as a JSON object

Created when it is missing, updated when something differs, left alone when nothing does. failed_action is always ignore.
An update has EMQX load the server anew: hook calls of that moment are not made. What EMQX has beside these fields stays.

Exit codes: 0 registered, every node is connected (with --dry-run: EMQX has answered); 1 a wrong value of a flag or in the
configuration, or EMQX cannot be asked or refuses; 2 words that it cannot take; 3 registered, and a node is not connected.
`
