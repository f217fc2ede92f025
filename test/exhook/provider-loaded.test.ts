import { describe, expect, it } from 'vitest'
import { answerLoad } from '../../src/exhook/provider-loaded.ts'
import type { ContractVersion, HookPoint } from '../../src/hooks.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { EVERYTHING, SMART_LOCK } from './served.ts'

const everything = parseRules(EVERYTHING, 'rules.yaml').interests

interface Case {
  readonly version: string
  readonly contract: ContractVersion
  readonly leftOut: readonly HookPoint[]
}

describe('hooks by EMQX version, when the rules name all 20', () => {
  it.each<Case>([
    { version: '5.0.0', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '5.8.9', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: 'v5.8', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: 'garbage', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '6.3.0', contract: 'v2', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '5.8.9', contract: 'v3', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '5.9.0-beta.1', contract: 'v3', leftOut: ['client.authenticate', 'message.ingress'] },
    { version: '5.9.0', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '5.10.1', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '6.0.0', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '6.2.9', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '6.3.0-alpha.1', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '', contract: 'v3', leftOut: ['message.ingress'] },
    { version: 'garbage', contract: 'v3', leftOut: ['message.ingress'] },
    { version: '6.3.0-rc.1', contract: 'v3', leftOut: [] },
    { version: '6.3.0', contract: 'v3', leftOut: [] },
    { version: '7.1.0', contract: 'v3', leftOut: [] },
  ])('$contract "$version" leaves out $leftOut', ({ version, contract, leftOut }) => {
    const answer = answerLoad(everything, version, contract)
    expect(answer.leftOut.map((hook) => hook.name)).toEqual(leftOut)
    expect(answer.hooks).toHaveLength(20 - leftOut.length)
    const told = new Set(answer.hooks.map((hook) => hook.name))
    for (const name of leftOut) expect(told).not.toContain(name)
  })
})

describe('the least that the rules need', () => {
  it('tells the hooks that rules name, with their filters, in the contract order', () => {
    const interests = parseRules(SMART_LOCK, 'rules.yaml').interests
    expect(answerLoad(interests, '5.8.9', 'v2')).toEqual({
      hooks: [
        { name: 'message.publish', topics: ['devices/+/state'] },
        { name: 'message.acked', topics: ['devices/+/command'] },
      ],
      leftOut: [],
    })
  })

  it('asks for authenticate and authorize only when a rule names them', () => {
    const interests = parseRules(SMART_LOCK, 'rules.yaml').interests
    const names = answerLoad(interests, '6.3.0', 'v3').hooks.map((hook) => hook.name)
    expect(names).not.toContain('client.authenticate')
    expect(names).not.toContain('client.authorize')
    expect(answerLoad(everything, '6.3.0', 'v3').hooks.map((hook) => hook.name)).toContain('client.authorize')
  })

  it('tells nothing when no rule names a hook', () => {
    expect(answerLoad(new Map(), '5.8.9', 'v2')).toEqual({ hooks: [], leftOut: [] })
  })
})

describe('the reasons', () => {
  const reasonOf = (hook: HookPoint, version: string, contract: ContractVersion) =>
    answerLoad(everything, version, contract).leftOut.find(({ name }) => name === hook)?.reason

  it('say why authenticate is left out', () => {
    expect(reasonOf('client.authenticate', '5.8.9', 'v2')).toBe(
      'EMQX before 5.9 refuses every client whose client.authenticate is answered IGNORE when no authenticator has run, and this one says "5.8.9"',
    )
  })

  it('say which EMQX knows a hook', () => {
    expect(reasonOf('message.ingress', '', 'v3')).toBe(
      'message.ingress is known to EMQX from 6.3.0 on, and this one says no version',
    )
    expect(reasonOf('message.ingress', '5.8.9', 'v2')).toBe(
      'message.ingress is not in version v2 of the contract',
    )
  })
})
