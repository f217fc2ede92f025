/** Waits in a row that end without any progress before nobody waits any more (the threshold of Apache Celix). */
const FRUITLESS_WAITS = 10

/**
 * Keeps an outage of Kafka from becoming an outage of MQTT: when waiting has proved useless, nobody waits, and the
 * outcome of an expired wait applies at once, until Kafka acknowledges something again.
 */
export interface Breaker {
  readonly open: boolean
  /** A wait ended without room. Returns true when that opened the breaker. */
  waitExpired(): boolean
  /** Kafka acknowledged something. Returns true when that closed the breaker. */
  progress(): boolean
}

export function createBreaker(threshold = FRUITLESS_WAITS): Breaker {
  let fruitless = 0

  return {
    get open() {
      return fruitless >= threshold
    },
    waitExpired() {
      fruitless++
      return fruitless === threshold
    },
    progress() {
      const wasOpen = fruitless >= threshold
      fruitless = 0
      return wasOpen
    },
  }
}
