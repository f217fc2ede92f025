import fc from 'fast-check'
import { OPTION_LIST } from '../../src/config/option-list.ts'
import { HOOKS } from '../../src/hooks.ts'
import { RULE_KEY_NAMES } from '../../src/rules/rule-fields.ts'
import { EVENT_KEYS } from '../../src/rules/rule-tests/read-event.ts'

/** Values that some key takes, and some that none does. */
const values = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, false, 0, 1, 2, 3, -1, 0.5, 1.5, 65_536, 2 ** 31, 2 ** 53, 1e21],
    ...[
      '',
      ' ',
      'x',
      't',
      'true',
      '9000',
      '64MiB',
      '1.5GB',
      '-1',
      'a b',
      '.',
      '__x',
      'exhook.dead-letters',
      '/tmp/x',
    ],
    ...[
      '#',
      'a/#',
      'a/#/b',
      'a+/b',
      '+/+',
      '$SYS/#',
      '$share/g/a',
      '/',
      '${clientid}',
      '${topic[1]}',
      '${',
      '$${',
      '${nope}',
    ],
    ...[
      'queued',
      'stored',
      'delivered',
      'accept',
      'reject',
      'wait',
      'drop-oldest',
      'low',
      'payload',
      'bridge',
      'now',
    ],
    ...[
      'host:9092',
      'host',
      'off',
      'plain',
      'http://emqx:18083',
      'a=b',
      'AAAA',
      '?',
      'qos > 0',
      'qos >',
      'v1*',
      '*',
    ],
    ...[
      [],
      {},
      ['a', 'a'],
      ['a', 'b'],
      ['x', 1],
      [{}],
      { a: 'b' },
      { a: 1 },
      { 'emqx-event': 'x' },
      ['host:1', 'b:2'],
    ],
  ),
  fc.constantFrom(...HOOKS.keys()),
  fc.array(fc.constantFrom(...HOOKS.keys()), { maxLength: 3 }),
)

const keys = fc.oneof(
  fc.constantFrom<string>(
    ...RULE_KEY_NAMES,
    'rules',
    'tests',
    'event',
    'records',
    'value',
    'value_base64',
    'nope',
  ),
  fc.constantFrom(...EVENT_KEYS.known),
  fc.constantFrom(...OPTION_LIST.flatMap(({ path }) => path.split('.'))),
)

/** Where it is changed, as numbers that are taken by how many places there are; and how. */
const change = fc.record({
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  how: fc.constantFrom('set', 'remove', 'rename', 'add', 'twice'),
  key: keys,
  value: values,
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** Files with one to three changes anywhere in them. */
export const mutated = (files: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(files, fc.array(change, { maxLength: 3 })).map(([file, changes]) => changes.reduce(apply, file))

/** A copy with one change. */
function apply(data: unknown, { path, ...what }: Change): unknown {
  const [step = 0, ...rest] = path
  if (typeof data !== 'object' || data === null) return what.value
  const entries = Object.entries(data)
  const at = entries.length === 0 ? -1 : step % entries.length
  const [key, value] = entries[at] ?? ['', undefined]
  const goOn = rest.length > 0 && typeof value === 'object' && value !== null
  const changed = goOn
    ? entries.with(at, [key, apply(value, { path: rest, ...what })])
    : changedEntries(entries, at, what)
  return Array.isArray(data) ? changed.map(([, item]) => item) : Object.fromEntries(changed)
}

function changedEntries(
  entries: readonly (readonly [string, unknown])[],
  at: number,
  { how, key, value }: Omit<Change, 'path'>,
): (readonly [string, unknown])[] {
  const [oldKey, oldValue] = entries[at] ?? [key, value]
  const others = entries.filter((_, index) => index !== at)
  switch (how) {
    case 'set':
      return entries.map((entry, index) => (index === at ? [oldKey, value] : entry))
    case 'remove':
      return others
    case 'rename':
      return [...others, [key, oldValue]]
    case 'add':
      return [...entries, [key, value]]
    case 'twice':
      return [...entries, [key, oldValue]]
  }
}
