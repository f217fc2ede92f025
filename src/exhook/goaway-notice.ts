/**
 * An HTTP/2 frame by hand [RFC 9113, 6.8]: GOAWAY without error and with the highest of all streams as the last one,
 * which means "open no new stream here; what you have sent already will be answered". A server that wants to lose
 * nothing sends it first, and the last stream that it really answers a round trip later.
 *
 * node:http2, and so grpc-js, can only send the second: from then on it ignores new streams without a word, and what
 * a client had sent before it read that is lost. So this one is written past it, between its frames: that is the door's
 * part (`door.ts`), which knows what is below node:http2.
 */
export const GOAWAY_NOTICE: Buffer = Buffer.from([
  // Length 8, type GOAWAY, no flags, stream 0; then the last stream 2^31 − 1, and the error NO_ERROR.
  ...[0, 0, 8, 7, 0, 0, 0, 0, 0],
  ...[0x7f, 0xff, 0xff, 0xff],
  ...[0, 0, 0, 0],
])
