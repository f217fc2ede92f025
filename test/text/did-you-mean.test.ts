import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOOKS } from '../../src/hooks.ts'
import { RULE_KEYS } from '../../src/rules/rule-fields.ts'
import { didYouMean, suggestion } from '../../src/text/did-you-mean.ts'

const KEYS = ['host', 'port', 'tls', 'max_receive_bytes', 'brokers']

describe('did you mean', () => {
  it.each([
    ['prot', 'port', 'two letters swapped'],
    ['hots', 'host', 'two letters swapped'],
    ['por', 'port', 'one missing'],
    ['portt', 'port', 'one too many'],
    ['PORT', 'port', 'another case'],
    ['maxReceiveBytes', 'max_receive_bytes', 'another manner of writing'],
    ['max-recieve-byte', 'max_receive_bytes', 'several slips in a long word'],
    ['tsl', 'tls', 'a short word'],
  ])('%s → %s (%s)', (word, meant) => {
    expect(didYouMean(word, KEYS)).toBe(meant)
  })

  it.each(['', '-', 'x', 'zz', 'topic', 'completely_different', 'p'.repeat(5000)])('%s → nothing', (word) => {
    expect(didYouMean(word, KEYS)).toBeUndefined()
  })

  it('takes the nearest, and the first of two that are as near', () => {
    expect(didYouMean('abcdef', ['abcxyf', 'abcdxf', 'abcdef1'])).toBe('abcdxf')
  })

  it('makes the end of a sentence', () => {
    expect(suggestion('prot', KEYS)).toBe(', did you mean `port`?')
    expect(suggestion('zz', KEYS)).toBe('')
  })

  const keys = [...RULE_KEYS.known, ...RULE_KEYS.later]

  it.each([
    ['fitler', 'filter'],
    ['filters', 'filter'],
    ['hooks', 'hook'],
    ['tpoic', 'topic'],
    ['onTimeout', 'on_timeout'],
    ['Enabled', 'enabled'],
    ['excludes', 'exclude'],
    ['nmae', 'name'],
    ['xyzzy', undefined],
    ['', undefined],
    ['<<', undefined],
  ])('of the keys, %j is taken for %j', (word, expected) => {
    expect(didYouMean(word, keys)).toBe(expected)
  })

  it.each([
    ['message.publsh', 'message.publish'],
    ['message_publish', 'message.publish'],
    ['on_message_publish', 'message.publish'],
    ['messages.acked', 'message.acked'],
    ['client.conected', 'client.connected'],
    ['client.authorise', 'client.authorize'],
    ['session.takeover', 'session.takenover'],
    ['message', undefined],
    ['foo.bar', undefined],
  ])('of the hooks, %j is taken for %j', (word, expected) => {
    expect(didYouMean(word, HOOKS.keys())).toBe(expected)
  })

  it('does not compare what is far too long', () => {
    expect(didYouMean('filter'.repeat(100_000), keys)).toBeUndefined()
  })

  it('finds each word itself, and never throws', () => {
    for (const key of keys) expect(didYouMean(key, keys)).toBe(key)
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (word) => suggestion(word, keys) !== null))
  })
})
