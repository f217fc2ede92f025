import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { alterUserScramCredentialsV0, Connection, ScramMechanisms } from '@platformatic/kafka'

const ITERATIONS = 4096

const KINDS = {
  'SCRAM-SHA-256': { mechanism: ScramMechanisms.SCRAM_SHA_256, hash: 'sha256', length: 32 },
  'SCRAM-SHA-512': { mechanism: ScramMechanisms.SCRAM_SHA_512, hash: 'sha512', length: 64 },
} as const

/** Gives a user a password for SCRAM. Kafka is told the salted password only (RFC 5802). */
export async function addScramUser(
  bootstrap: string,
  name: string,
  password: string,
  kind: keyof typeof KINDS = 'SCRAM-SHA-512',
): Promise<void> {
  const [host = '', port] = bootstrap.split(':')
  const { mechanism, hash, length } = KINDS[kind]
  const salt = randomBytes(16)
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, length, hash)
  const connection = new Connection('exhook-kafka-test')
  await connection.connect(host, Number(port))
  try {
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      [{ name, mechanism, iterations: ITERATIONS, salt, saltedPassword }],
    )
  } finally {
    await connection.close()
  }
}
