export const IMPORT_HELP = `exhook-kafka import-4x <file>: EMQX 4.x Enterprise's Kafka bridge as rules

  exhook-kafka import-4x /etc/emqx/plugins/emqx_bridge_kafka.conf > rules.yaml
  exhook-kafka import-4x emqx_bridge_kafka.conf --out rules.yaml --config-out config.yaml

  --out=path         where the rules go. Default: standard output
  --config-out=path  where the settings of the connection to Kafka go. They are in the comments of the rules too

Every line becomes a rule, a setting, a comment or a warning with its number. What works in another way here is said in the
comments of the rules. The result passes \`exhook-kafka check\`. Passwords are not carried over.

Exit codes: 0 every line was understood; 1 one was not (all of them are listed), or a file cannot be read or written; 2 a
word missing or too many.
`
