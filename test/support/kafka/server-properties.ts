/** The two ports of a node that is broker and controller at once. */
export interface KafkaPorts {
  readonly broker: number
  readonly controller: number
}

/** Kafka's own settings, `server.properties`; a caller's come last and win. */
export type KafkaProperties = Readonly<Record<string, string | number | boolean>>

/** A single KRaft node on loopback: small, quick to start, quick to come back after SIGKILL, nothing created by chance. */
export function serverProperties(dataDir: string, ports: KafkaPorts, own: KafkaProperties = {}): string {
  const properties: KafkaProperties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    // A node that was killed may register again only when its last session has ended.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    ...own,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** What makes it a second broker of the cluster whose only controller listens at `first`. */
export const joining = (own: KafkaPorts, first: KafkaPorts): KafkaProperties => ({
  'process.roles': 'broker',
  'node.id': 2,
  'controller.quorum.voters': `1@127.0.0.1:${first.controller}`,
  listeners: `PLAINTEXT://127.0.0.1:${own.broker}`,
})
