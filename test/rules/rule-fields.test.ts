import { expect, it } from 'vitest'
import { lines, mistakesOf, rule } from './mistakes.ts'

it.each<[title: string, text: string, mistakes: string[]]>([
  // hook
  [
    'an unknown hook',
    'rules:\n  - hook: message.publsh\n    topic: t\n',
    ['2:11: there is no hook `message.publsh`, did you mean `message.publish`?'],
  ],
  [
    'an RPC for a hook',
    'rules:\n  - hook: OnSessionTakenover\n    topic: t\n',
    ['2:11: there is no hook `OnSessionTakenover`, did you mean `session.takenover`?'],
  ],
  [
    'an unknown hook in a list',
    'rules:\n  - hook:\n      - message.acked\n      - message.aked\n    topic: t\n',
    ['4:9: there is no hook `message.aked`, did you mean `message.acked`?'],
  ],
  [
    'a hook twice',
    'rules:\n  - hook: [message.acked, message.acked]\n    topic: t\n',
    ['2:27: `message.acked` is in the list twice: keep one of them'],
  ],
  [
    'no hook in the list',
    'rules:\n  - hook: []\n    topic: t\n',
    ['2:11: `hook` is an empty list: put something in it, or leave the key out'],
  ],
  [
    'no hook after the key',
    'rules:\n  - hook:\n    topic: t\n',
    ["2:5: `hook` is empty: write a value (in YAML a `#` after a space begins a comment: write '#')"],
  ],
  ['a map as hook', 'rules:\n  - hook: {a: b}\n    topic: t\n', ['2:11: `hook` must be text, not a map']],
  // filter, exclude
  [
    'a comment for a filter',
    rule('filter: #'),
    ["4:5: `filter` is empty: write a value (in YAML a `#` after a space begins a comment: write '#')"],
  ],
  [
    'a comment in a list',
    rule('filter:', '  - a', '  - #'),
    ["6:9: `filter` is empty: write a value (in YAML a `#` after a space begins a comment: write '#')"],
  ],
  ['a number', rule('filter: 12'), ['4:13: `filter` must be text, not the number `12`: put it in quotes']],
  ['null', rule('filter: null'), ['4:13: `filter` must be text, not `null`: write a text, or remove it']],
  ['a list in a list', rule('filter: [[a]]'), ['4:14: `filter` must be text, not a list']],
  [
    'an empty list',
    rule('exclude: []'),
    ['4:14: `exclude` is an empty list: put something in it, or leave the key out'],
  ],
  [
    'an empty filter',
    rule("filter: ''"),
    [
      "4:13: `filter` cannot be ``: it is empty: a topic filter has at least one character (every topic is '#')",
    ],
  ],
  [
    'a bad #',
    rule('filter: a/#/b'),
    [
      '4:13: `filter` cannot be `a/#/b`: `#` must be the last level: end the filter there, or use `+` for one level',
    ],
  ],
  [
    'a bad +',
    rule('exclude: [a, b+]'),
    ['4:18: `exclude` cannot be `b+`: `+` must be a level of its own: write `…/+/…`'],
  ],
  [
    'a shared one',
    rule('filter: $share/g/a/+'),
    [
      '4:13: `filter` cannot be `$share/g/a/+`: the group of a shared subscription is taken off before filters are matched: write `a/+`',
    ],
  ],
  [
    'half a shared one',
    rule('filter: $share/g'),
    [
      '4:13: `filter` cannot be `$share/g`: the group of a shared subscription is taken off before filters are matched: write the filter alone',
    ],
  ],
  [
    'an old shared one',
    rule('exclude: $queue/a'),
    [
      '4:14: `exclude` cannot be `$queue/a`: the group of a shared subscription is taken off before filters are matched: write `a`',
    ],
  ],
  [
    'messages of $SYS',
    rule('filter: [a, $SYS/#]'),
    [
      '4:17: `filter` cannot be `$SYS/#`: EMQX does not send its own `$SYS/` messages to hooks, so it would match nothing: remove it',
    ],
  ],
  [
    'a hook without topics',
    'rules:\n  - hook: client.connected\n    topic: t\n    filter: a\n',
    ['4:5: `filter` needs a topic, and client.connected has none: remove it'],
  ],
  [
    'some hooks without topics',
    'rules:\n  - hook: [client.connected, session.created, message.acked]\n    topic: t\n    exclude: a\n',
    [
      '4:5: `exclude` needs a topic, and client.connected, session.created have none: give client.connected, session.created a rule without `exclude`',
    ],
  ],
  // topic
  [
    'a number as topic',
    'rules:\n  - hook: message.publish\n    topic: 12\n',
    ['3:12: `topic` must be text, not the number `12`: put it in quotes'],
  ],
  [
    'two topics',
    'rules:\n  - hook: message.publish\n    topic: [a, b]\n',
    ['3:12: `topic` must be text, not a list'],
  ],
  [
    'an illegal topic',
    'rules:\n  - hook: message.publish\n    topic: a/b\n',
    [
      '3:12: `topic` cannot be `a/b`: Kafka allows only letters, digits, `.`, `_` and `-` in the name of a topic',
    ],
  ],
  [
    "Kafka's own topic",
    'rules:\n  - hook: message.publish\n    topic: __consumer_offsets\n',
    [
      '3:12: `topic` cannot be `__consumer_offsets`: names that begin with `__` belong to Kafka: choose another',
    ],
  ],
  [
    'the dead letters',
    'rules:\n  - hook: message.publish\n    topic: exhook.dead-letters\n',
    ['3:12: `topic` cannot be `exhook.dead-letters`: that is where refused records go: choose another'],
  ],
  [
    'a template as topic, and no word which topics it may make',
    'rules:\n  - hook: message.publish\n    topic: t-${clientid}\n',
    [
      '3:12: devices choose this `topic`: say which Kafka topics they may choose, as in `allow: [vehicles.*]`',
    ],
  ],
  [
    'a topic of an unknown variable',
    'rules:\n  - hook: message.publish\n    topic: t-${clienid}\n    allow: t-*\n',
    ['3:12: in `topic`, there is no variable `${clienid}`, did you mean `${clientid}`?'],
  ],
  [
    'allow with a fixed topic',
    rule('allow: [t]'),
    ['4:5: `allow` is for templates, and this `topic` is a fixed name: remove it'],
  ],
  [
    'allowed topics that cannot be',
    'rules:\n  - hook: message.publish\n    topic: t-${clientid}\n    allow: [t-*, "*", __x, a/b, t-*-x, u-*, t, ..]\n',
    [
      '4:18: `allow` cannot have `*`: devices would choose among all topics: write what their names begin with, as in `vehicles.*`',
      '4:23: `allow` cannot have `__x`: names that begin with `__` belong to Kafka: choose another',
      '4:28: `allow` cannot have `a/b`: Kafka allows only letters, digits, `.`, `_` and `-` in the name of a topic',
      '4:33: `allow` cannot have `t-*-x`: `*` stands only at the end, for every name with that beginning: write `prefix.*`',
      '4:40: `topic` begins otherwise and never makes `u-*`: remove it, or correct it',
      '4:45: `topic` begins otherwise and never makes `t`: remove it, or correct it',
      '4:48: `allow` cannot have `..`: Kafka allows no topic of that name',
    ],
  ],
  // headers, partition, timestamp
  ['headers that are none', rule('headers: [a]'), ['4:14: `headers` must be a map, not a list']],
  [
    'headers of ours, of bad names and with bad templates',
    rule('headers:', '  emqx-event: x', '  EXHOOK-x: x', '  "a b": x', '  a: ${x', '  b: 1'),
    [
      '5:7: a header cannot be named `emqx-event`: exhook-kafka writes it itself: choose another',
      '6:7: a header cannot be named `EXHOOK-x`: exhook-kafka writes it itself: choose another',
      '7:7: a header cannot be named `a b`: write 1 to 200 letters, digits and signs, without blanks',
      '8:10: in the header `a`, `${` is not closed: add `}`, or write `$${` for a literal `${`',
      '9:10: the header `b` must be text, not the number `1`: put it in quotes',
    ],
  ],
  ...[
    ...[
      ['-1', '`-1`'],
      ['1.5', '`1.5`'],
      ['x', '`x`'],
      ['2147483648', '`2147483648`'],
    ],
    ...[
      ['true', 'the boolean `true`'],
      ['~', '`~`: leave it out, so that the key decides'],
    ],
  ].map(([text = '', not = '']): [string, string, string[]] => [
    `partition ${text}`,
    rule(`partition: ${text}`),
    [
      `4:16: \`partition\` must be a whole number from 0 to 2147483647, or a template that makes one, not ${not}`,
    ],
  ]),
  [
    'a level in the Kafka topic that no filter has',
    lines(
      'rules:',
      '  - hook: message.publish',
      '    filter: [a/+, b]',
      "    topic: 't.${topic[1]}.${topic[2]}'",
      '    allow: [t.*]',
    ),
    [
      '4:12: in `topic`, `${topic[2]}` is never there, as the filters take topics of 2 levels at most, so that every record would be a dead letter: write `${topic[1]}` at most',
    ],
  ],
  [
    'a partition that is not closed',
    rule('partition: "${qos"'),
    ['4:16: in `partition`, `${` is not closed: add `}`, or write `$${` for a literal `${`'],
  ],
  [
    'a header that is null',
    rule('headers:', '  a: null', '  b:'),
    [
      '5:10: the header `a` must be text, not `null`: write a text, or remove it',
      "6:9: the header `b` is empty: write a value (in YAML a `#` after a space begins a comment: write '#')",
    ],
  ],
  ['a time', rule('timestamp: later'), ['4:16: `timestamp` cannot be `later`: use event, now']],
  // key
  [
    'a number as key template',
    rule('key: 1'),
    ['4:10: `key` must be text, not the number `1`: put it in quotes'],
  ],
  [
    'nothing as key',
    rule('key:'),
    ['4:5: `key` is empty: write `null` for no key, or leave it out for `${clientid}`'],
  ],
  [
    'the empty text as key',
    rule("key: ''"),
    ['4:10: an empty `key` puts every record on one partition: write `null` for no key'],
  ],
  [
    'an unknown variable',
    rule('key: ${clienid}'),
    ['4:10: in `key`, there is no variable `${clienid}`, did you mean `${clientid}`?'],
  ],
  [
    'a variable the hook has not',
    'rules:\n  - hook: client.connected\n    topic: t\n    key: ${topic}\n',
    ['4:10: in `key`, client.connected has no `${topic}`: use another variable, or split the rule'],
  ],
  [
    'an open variable',
    rule('key: ${clientid'),
    ['4:10: in `key`, `${` is not closed: add `}`, or write `$${` for a literal `${`'],
  ],
  // the rest
  [
    'an unknown format',
    rule('format: brigde'),
    ['4:13: `format` cannot be `brigde`: did you mean `bridge`?'],
  ],
  [
    'a format like nothing',
    rule('format: xml'),
    ['4:13: `format` cannot be `xml`: use bridge, emqx, payload, cloudevents, protobuf'],
  ],
  [
    'the payload of what has none',
    'rules:\n  - hook: [message.publish, client.connected]\n    topic: t\n    format: payload\n',
    ['4:13: `format` cannot be `payload`: client.connected has no payload: use `emqx`, or split the rule'],
  ],
  ['yes for true', rule('enabled: yes'), ['4:14: `enabled` must be true or false, not the text `yes`']],
  ['nothing for true', rule('enabled:'), ['4:5: `enabled` must be true or false, not nothing']],
  ['a number for true', rule('enabled: 1'), ['4:14: `enabled` must be true or false, not the number `1`']],
  ['an empty name', rule("name: ' '"), ['4:11: `name` is empty: write a name, or leave it out']],
  [
    'a number as name',
    rule('name: 1.50'),
    ['4:11: `name` must be text, not the number `1.50`: put it in quotes'],
  ],
  [
    'a long name',
    rule(`name: ${'x'.repeat(301)}`),
    ['4:11: `name` is longer than 300 characters: shorten it'],
  ],
  ['a control character', rule('name: "a\\nb"'), ['4:11: `name` holds a control character: remove it']],
  [
    'a name twice',
    `${rule('name: x')}  - {hook: message.acked, topic: t, name: x}\n`,
    ['5:43: the name `x` is taken on line 4: choose another'],
  ],
])('%s', (_title, text, expected) => {
  expect(mistakesOf(text)).toEqual(expected)
})
