const COMMON = `
The options kafka.*, dead_letters.topic and log.level are those of serve, from --config, the environment and flags:
exhook-kafka --help lists them. Times are UTC. Nothing in a record reaches the terminal that it would obey.
`

export const TAIL_HELP = `exhook-kafka tail <Kafka topic>: prints records as they come, one a line

  exhook-kafka tail message_state                            what comes from now on
  exhook-kafka tail message_state --from earliest --max 10   the first ten
  exhook-kafka tail message_state --group look --json        go on where the last tail of this group ended
  exhook-kafka tail message_state --kafka-brokers kafka:9092

  --from=earliest|latest  where to begin. Default: latest
  --group=name            begin where this group ended, and commit for it what was printed. Only a group without
                          members: others' offsets are theirs. Default: no group, nothing is committed
  --max=count             end after so many records
  --json                  a JSON object a line: topic, partition, offset, time, key or key_base64, headers, bytes,
                          value or value_base64

A line: partition@offset, time, key, header emqx-event, value. A payload in base64, of the format bridge, is shown
decoded. Ctrl-C ends it.

Exit codes: 0 ended by Ctrl-C, --max or whoever reads; 1 a wrong value of a flag or in the configuration, or Kafka cannot be
read; 2 words that it cannot take.
${COMMON}`

export const DEAD_LETTERS_HELP = `exhook-kafka dead-letters: looks at what Kafka refused, and puts it back

  exhook-kafka dead-letters list                                    those that are there, with a summary
  exhook-kafka dead-letters list --topic message_state --json
  exhook-kafka dead-letters watch                                   those that come from now on
  exhook-kafka dead-letters redrive --dry-run                       what would be put back
  exhook-kafka dead-letters redrive --code MESSAGE_TOO_LARGE        put these back to where they were bound for

  --topic=name               only those bound for this Kafka topic
  --code=name                only those refused for this reason
  --max=count                so many at most
  --json                     list, watch: a JSON object a line
  --dry-run                  redrive: print, do nothing
  --dead-letters-topic=name  where they are: the option dead_letters.topic

redrive goes on where the last one with the same filter ended (group exhook-kafka-redrive, with a filter one of its
own), commits only what Kafka acknowledged, skips those that were cut, and ends at the first that is refused again.

Exit codes: 0 all done; 1 a wrong value of a flag or in the configuration, Kafka cannot be read, a letter was refused again, or
a redrive was stopped before its end; 2 words that it cannot take.
${COMMON}`
