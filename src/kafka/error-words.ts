/** What Kafka says of its codes, as its own clients have it. Brokers mostly send the code alone. */
const WORDS: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE:
    'The request included a message larger than the max message size the server will accept.',
  RECORD_LIST_TOO_LARGE:
    'The request included message batch larger than the configured segment size on the server.',
  CORRUPT_MESSAGE:
    'This message has failed its CRC checksum, exceeds the valid size, has a null key for a compacted topic, or is otherwise corrupt.',
  INVALID_RECORD: 'This record has failed the validation on broker and hence will be rejected.',
  INVALID_TIMESTAMP: 'The timestamp of the message is out of acceptable range.',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'The message format version on the broker does not support the request.',
  UNKNOWN_TOPIC_OR_PARTITION: 'This server does not host this topic-partition.',
  UNKNOWN_TOPIC_ID: 'This server does not host this topic ID.',
  INCONSISTENT_TOPIC_ID: "The log's topic ID did not match the topic ID in the request.",
  TOPIC_AUTHORIZATION_FAILED: 'Topic authorization failed.',
  INVALID_TOPIC_EXCEPTION: 'The request attempted to perform an operation on an invalid topic.',
  POLICY_VIOLATION: 'Request parameters do not satisfy the configured policy.',
  CLUSTER_AUTHORIZATION_FAILED: 'Cluster authorization failed.',
  SASL_AUTHENTICATION_FAILED: 'SASL Authentication failed.',
  ILLEGAL_SASL_STATE: 'Request is not valid given the current SASL state.',
  UNSUPPORTED_SASL_MECHANISM: 'The broker does not support the requested SASL mechanism.',
  UNSUPPORTED_VERSION: 'The version of API is not supported.',
  NETWORK_EXCEPTION: 'The server disconnected before a response was received.',
  NOT_ENOUGH_REPLICAS: 'Messages are rejected since there are fewer in-sync replicas than required.',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    'Messages are written to the log, but to fewer in-sync replicas than required.',
  NOT_LEADER_OR_FOLLOWER: 'The broker is not the leader of this topic-partition.',
  LEADER_NOT_AVAILABLE:
    'There is no leader for this topic-partition as we are in the middle of a leadership election.',
  REQUEST_TIMED_OUT: 'The request timed out.',
  KAFKA_STORAGE_ERROR: 'Disk error when trying to access log file on the disk.',
}

/** Where to look, for codes that are about who we are and what we may do. */
const ADVICE: Readonly<Record<string, string>> = {
  SASL_AUTHENTICATION_FAILED: 'look at kafka.sasl.username and kafka.sasl.password',
  UNSUPPORTED_SASL_MECHANISM: "look at kafka.sasl.mechanism, and at the broker's sasl.enabled.mechanisms",
  ILLEGAL_SASL_STATE:
    'if this lasts, the listener wants no login: look at kafka.sasl.mechanism and at the port in kafka.brokers',
  CLUSTER_AUTHORIZATION_FAILED:
    'to write idempotently our user needs the right Write on some topic (before Kafka 2.8 also IdempotentWrite on the cluster): look at the ACLs',
}

/**
 * One of Kafka's codes in words: what the broker said, or what Kafka's clients say of the code, and the option to look at where
 * there is one. Never empty.
 */
export function wordsFor(code: string, said: string | null | undefined): string {
  const words = said?.trim() || (WORDS[code] ?? `Kafka answered ${code}.`)
  const advice = ADVICE[code]
  return advice === undefined ? words : `${words.replace(/[.:]$/, '')}: ${advice}`
}
