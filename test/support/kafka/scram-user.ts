import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { alterUserScramCredentialsV0, Connection, ScramMechanisms } from '@platformatic/kafka'

const ITERATIONS = 4096

/** Gives a user a password for SCRAM-SHA-512. Kafka is told the salted password only (RFC 5802). */
export async function addScramUser(bootstrap: string, name: string, password: string): Promise<void> {
  const [host = '', port] = bootstrap.split(':')
  const salt = randomBytes(16)
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512')
  const connection = new Connection('exhook-kafka-test')
  await connection.connect(host, Number(port))
  try {
    await alterUserScramCredentialsV0.api.async(
      connection,
      [],
      [{ name, mechanism: ScramMechanisms.SCRAM_SHA_512, iterations: ITERATIONS, salt, saltedPassword }],
    )
  } finally {
    await connection.close()
  }
}
