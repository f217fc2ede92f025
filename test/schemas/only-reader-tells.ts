/**
 * The mistakes that no JSON Schema can tell of, as the README lists them: what is inside of templates, conditions and texts in
 * base64; what two places of a file say together; how a value is written; what the machine has.
 */
const ONLY_READER: readonly RegExp[] = [
  // Templates and conditions.
  /^in (`when`|`topic`|`key`|`partition`|the header)/,
  // Two places together.
  /^the name .* is taken/,
  /^there is no rule .* in this file/,
  /`topic` begins otherwise and never makes/,
  /`on_timeout` cannot be .*nothing waits/,
  /are the same client of a/,
  /`payload_base64` is there too/,
  /`payload_encoding` needs a `payload`/,
  /`request_base64` is the whole hook call/,
  /sets .* as well; keep one of the two/,
  // What is inside of a text.
  /is no base64/,
  /EMQX does not send its own `\$SYS\/` messages/,
  /must be (an IP address or a host name|an address like|a list of (host:port|DNS names or URIs)|Kafka's settings of a topic)/,
  // What the machine has.
  /^http\.token_file: the file must hold/,
  // What YAML takes for a number or a boolean, and the reader for the text that it is.
  /must be (a name that EMQX takes|the name of a Kafka topic).*, not `(-?[\d.]+(e\+\d+)?|true|false)`$/,
]

export const onlyReaderTells = (message: string): boolean =>
  ONLY_READER.some((pattern) => pattern.test(message))
