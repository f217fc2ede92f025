import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ProtocolError,
  ResponseError,
  TimeoutError,
  UnexpectedCorrelationIdError,
} from '@platformatic/kafka'
import { expect, it } from 'vitest'
import { failureOfCode, sortPlatformaticError } from '../../src/kafka/platformatic-errors.ts'

const PRODUCE = 0
const refused = new Error('connect ECONNREFUSED 127.0.0.1:1')

it.each([
  [
    'no broker',
    new NetworkError('Connection failed.', { cause: refused }),
    'connection',
    'PlatformaticNetworkError',
  ],
  ['no answer', new TimeoutError('Request timed out'), 'connection', 'PlatformaticNetworkError'],
  [
    'a stray answer',
    new UnexpectedCorrelationIdError('?'),
    'connection',
    'PlatformaticUnexpectedCorrelationIdError',
  ],
  [
    'a refused login over the network',
    new NetworkError('Connection failed.', {
      cause: new AuthenticationError('SASL authentication failed.', {
        cause: new ResponseError(36, 2, { '/': [58, 'no'] }, {}),
      }),
    }),
    'cluster',
    'SASL_AUTHENTICATION_FAILED',
  ],
  [
    'a login that failed without a word of Kafka',
    new NetworkError('Connection failed.', { cause: new AuthenticationError('invalid nonce') }),
    'cluster',
    'PlatformaticAuthenticationError',
  ],
  [
    'several tries',
    new MultipleErrors('all failed', [
      new NetworkError('x'),
      new ProtocolError('TOPIC_AUTHORIZATION_FAILED'),
    ]),
    'topic',
    'TOPIC_AUTHORIZATION_FAILED',
  ],
  ['a record', new ResponseError(PRODUCE, 11, { '/': [10, null] }, {}), 'record', 'MESSAGE_TOO_LARGE'],
  ['something else', new TypeError('x is not a function'), 'retriable', 'TypeError'],
  ['no error at all', 'thrown text', 'retriable', 'Error'],
])('%s', (_, thrown, kind, code) => {
  expect(sortPlatformaticError(thrown)).toMatchObject({ kind, code })
})

it('says what the system said', () => {
  const { message } = sortPlatformaticError(new NetworkError('Connection failed.', { cause: refused }))
  expect(message).toBe('Connection failed. connect ECONNREFUSED 127.0.0.1:1')
})

it('outlives errors that contain themselves', () => {
  const error = new Error('round')
  error.cause = error
  expect(sortPlatformaticError(error)).toMatchObject({ kind: 'retriable', message: 'round' })
})

it('has words for each of Kafka’s codes, its own where the broker said none', () => {
  const words = (code: string, said: string) => failureOfCode(code, said).message
  expect(words('MESSAGE_TOO_LARGE', '')).toMatch(/larger than the max message size/)
  expect(words('TOPIC_AUTHORIZATION_FAILED', ' ')).toBe('Topic authorization failed.')
  expect(words('INVALID_RECORD', 'no key')).toBe('no key')
  expect(words('SOMETHING_NEW', '')).toBe('Kafka answered SOMETHING_NEW.')
})
