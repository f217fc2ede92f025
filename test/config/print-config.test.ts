import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OPTION_LIST } from '../../src/config/option-list.ts'
import { printConfig } from '../../src/config/print-config.ts'
import { load } from './sources.ts'

describe('the printed configuration', () => {
  it('gives the same configuration again', () => {
    const configs = [
      load({}),
      load({
        argv: [
          '--grpc-host=0.0.0.0',
          '--grpc-tls=off',
          '--kafka-driver=platformatic',
          '--kafka-brokers=[::1]:1,b:2',
          '--queue-max-bytes=1500000',
          '--kafka-topics-config=cleanup.policy=compact,delete,retention.ms=1',
        ],
        env: { EXHOOK_KAFKA_CLIENT_ID: '007: # "x"\n', EXHOOK_LOG_LEVEL: 'trace' },
      }),
      load({
        argv: [
          ...['--grpc-host=0.0.0.0', '--grpc-tls=on', '--grpc-tls-min-version=1.3'],
          ...['--grpc-tls-cert-file=a', '--grpc-tls-key-file=b', '--grpc-tls-client-ca-file=c'],
          '--grpc-tls-client-names=emqx.local,spiffe://a/b',
        ],
      }),
    ]
    for (const config of configs) expect(load({ yaml: printConfig(config) })).toEqual(config)
  })

  it('is in the order and the words of the reference', () => {
    expect(printConfig(load({})).split('\n').slice(0, 10)).toEqual([
      'rules: rules.yaml',
      'workers: "1"',
      'grpc:',
      '  host: 127.0.0.1',
      '  port: 9000',
      '  tls_min_version: "1.2"',
      '  handshake_timeout_ms: 10000',
      '  transport: grpc-js',
      '  max_receive_bytes: 16MiB',
      '  max_connections: 1024',
    ])
  })
})

describe('examples/config.yaml', () => {
  const yaml = readFileSync(new URL('../../examples/config.yaml', import.meta.url), 'utf8')

  it('is the defaults', () => {
    expect(load({ yaml })).toEqual(load({}))
  })

  it.each(OPTION_LIST)('shows $path', ({ path }) => {
    expect(yaml).toMatch(new RegExp(`^ *(# ?)?${path.split('.').at(-1)}:`, 'm'))
  })
})
