import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import { GROUP_HAS_MEMBERS } from '../kafka/record-reader.ts'
import { shownText } from '../text/shown.ts'

/** What kept a command from Kafka, and what to do about it. */
export function failureText(
  failure: KafkaFailure,
  { brokers, topic, group }: { brokers: readonly string[]; topic: string; group: string | null },
): string {
  const said = `${shownText(failure.message)} (${shownText(failure.code)})`
  const named = shownText(topic)
  const groupNamed = shownText(group ?? '')
  switch (failure.code) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return `there is no Kafka topic ${named} at ${brokers.join(', ')}`
    case 'INVALID_TOPIC_EXCEPTION':
      return `Kafka allows no topic of the name ${named}`
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `we may not read the Kafka topic ${named}: it needs an ACL for Describe and Read`
    case 'GROUP_AUTHORIZATION_FAILED':
      return `we may not use the group ${groupNamed}: it needs an ACL for Describe and Read`
    case GROUP_HAS_MEMBERS:
    case 'UNKNOWN_MEMBER_ID':
      return `the group ${groupNamed} is in use by others, whose offsets are theirs: take another, or stop them`
    case 'SASL_AUTHENTICATION_FAILED':
      return `Kafka refuses the login: ${said}`
    case 'TokenError':
      return `there is no login to Kafka: ${said}`
    case 'KafkaJSNotImplemented':
      return `the topic ${named} holds records that this version cannot unpack: ${said}`
  }
  if (failure.kind === 'connection') {
    // Words about TLS name the options to look at themselves.
    const advice = /kafka\.(brokers|tls)/.test(failure.message) ? '' : ': look at kafka.brokers'
    return `Kafka does not answer at ${brokers.join(', ')}: ${said}${advice}`
  }
  return `Kafka: ${said}`
}
