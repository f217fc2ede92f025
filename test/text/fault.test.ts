import { describe, expect, it } from 'vitest'
import { faultOf, faultText } from '../../src/text/fault.ts'

const SECRET = 'qZx7hunter'

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('an error that nobody expected', () => {
  it.each<[string, () => unknown, string]>([
    ['of JSON', () => JSON.parse(SECRET), 'SyntaxError'],
    ['with a code', () => Buffer.from(Symbol(SECRET) as never), 'TypeError ERR_INVALID_ARG_TYPE'],
    [
      'with lines and frames in its message',
      () => {
        throw new RangeError(`${SECRET}\n    at ${SECRET} (here:1:1)`)
      },
      'RangeError',
    ],
    [
      'with fields',
      () => {
        throw Object.assign(new Error(SECRET), { payload: SECRET, code: `E ${SECRET}` })
      },
      'Error',
    ],
    [
      'with a cause',
      () => {
        throw new Error(SECRET, { cause: new TypeError(SECRET) })
      },
      'Error',
    ],
    [
      'with a name that quotes',
      () => {
        throw Object.assign(new Error('x'), { name: `Error of ${SECRET}` })
      },
      'Error',
    ],
  ])('%s is told by name and place alone', (_, act, name) => {
    const fault = faultOf(thrown(act))
    expect(fault.error).toBe(name)
    expect(fault.at[0]).toMatch(/^at /)
    expect(`${JSON.stringify(fault)} ${faultText(thrown(act))}`).not.toContain(SECRET)
  })

  it('tells its causes in turn', () => {
    const error = new Error('outer', { cause: new TypeError('inner') })
    expect(faultText(error)).toMatch(/^Error\n {4}at [\s\S]+\n {4}caused by TypeError\n {4}at /)
  })

  it('may be anything', () => {
    expect(faultOf(SECRET)).toEqual({ error: 'string', at: [] })
    expect(faultOf(undefined)).toEqual({ error: 'undefined', at: [] })
    const cyclic = new Error('x')
    cyclic.cause = cyclic
    expect(faultOf(cyclic).error).toBe('Error')
    expect(faultOf(Object.assign(new Error(SECRET), { stack: undefined }))).toEqual({
      error: 'Error',
      at: [],
    })
  })
})
