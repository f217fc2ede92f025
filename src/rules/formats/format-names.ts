/** The formats of records, as a rule names them. */
export const FORMAT_NAMES = ['bridge', 'emqx', 'payload', 'cloudevents', 'protobuf'] as const
export type FormatName = (typeof FORMAT_NAMES)[number]
