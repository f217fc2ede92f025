import type { HookEvent } from '../src/events/hook-event.ts'

/** Filters of the kinds that people write, in equal parts: exact, `+` in the middle, `+` at two places, `#` at the end. */
export function mixedFilters(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const site = `site${i >> 2}`
    switch (i % 4) {
      case 0:
        return `${site}/line1/machine7/state`
      case 1:
        return `${site}/+/machine7/state`
      case 2:
        return `${site}/+/+/alarm`
      default:
        return `${site}/line2/#`
    }
  })
}

/** So many different topics, spread over the sites of so many filters; about half of them match some. */
export function topicsFor(filters: number, count: number): readonly string[] {
  const sites = Math.max(1, filters >> 2)
  const ends = ['state', 'alarm', 'log', 'debug']
  return Array.from({ length: count }, (_, i) => {
    const machine = i % 8 === 0 ? 'machine7' : `machine${i}`
    const extra = i % 8 === 0 ? `/${i}` : ''
    return `site${i % sites}/line${(i >> 3) % 4}/${machine}/${ends[(i >> 5) % 4]}${extra}`
  })
}

/** What one would write without a trie: every filter is compared with the topic, level by level. Gives how many match. */
export function linearScan(filters: readonly string[]): (topic: string) => number {
  const split = filters.map((filter) => filter.split('/'))
  return (topic) => {
    const levels = topic.split('/')
    let found = 0
    for (const filter of split) if (matches(filter, levels)) found++
    return found
  }
}

function matches(filter: readonly string[], levels: readonly string[]): boolean {
  for (let i = 0; i < filter.length; i++) {
    const level = filter[i]
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return filter.length === levels.length
}

/** So many texts, each of its own in memory, in turn. */
export const freshTexts = (texts: readonly string[], count: number): readonly string[] => {
  const bytes = texts.map((text) => Buffer.from(text))
  return Array.from({ length: count }, (_, i) => bytes[i % bytes.length]?.toString() ?? '')
}

/** A message of a vehicle with a small JSON payload. */
export function publishEvent(): HookEvent {
  const topic = 'vehicles/v42/state'
  const payload = { vin: 'WDB1234567890', battery: 83.4, position: [52.52, 13.4], speed: 87 }
  return {
    hook: 'message.publish',
    receivedAtMs: 1_767_225_600_000,
    node: 'emqx@10.0.1.5',
    clientid: 'v42',
    username: 'fleet',
    peerhost: '10.0.0.2',
    topic,
    message: {
      id: '0005F9D5B2A0C1D2F445000001230000',
      qos: 1,
      from: 'v42',
      topic,
      payload: Buffer.from(JSON.stringify(payload)),
      timestampMs: 1_767_225_600_000,
      headers: { username: 'fleet', peerhost: '10.0.0.2', protocol: 'mqtt' },
    },
    props: [],
    userProps: [],
  }
}

/** A rule file of `count` rules, each with two filters, a condition, a key and headers. */
export function ruleFile(count: number): string {
  const rules = Array.from({ length: count }, (_, i) =>
    [
      `  - name: site ${i}`,
      '    hook: message.publish',
      `    filter: [site${i}/+/state, site${i}/+/+/temperature]`,
      `    topic: site_${i % 50}`,
      `    when: qos > 0 && clientid.startsWith("lock-") && payload.battery < ${i}.0`,
      '    key: ${topic[1]}',
      '    headers: {region: "${pub_props.User-Property.region}", client: "${clientid}"}',
      '',
    ].join('\n'),
  )
  return `rules:\n${rules.join('')}`
}
