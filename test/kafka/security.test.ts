import { afterAll, beforeAll, describe } from 'vitest'
import { type SecureKafka, startSecureKafka } from '../support/kafka/secure-kafka.ts'
import { type Authority, createAuthority } from '../support/kafka/tls-files.ts'
import { describeSecureCommands } from './security/commands.ts'
import { describeSecureContract } from './security/contract.ts'
import { describeMatrix } from './security/matrix.ts'
import { describeReauthentication } from './security/reauthentication.ts'
import { describeRenewal } from './security/renewal.ts'
import { createSecureDrivers, type SecureDrivers, type SecureStage } from './security/secure-drivers.ts'
import { describeSecurityWords } from './security/words.ts'

/** All of Kafka's security, on one broker with many doors. */
let secure: SecureKafka | undefined
let drivers: SecureDrivers
let strangers: Authority

const stage: SecureStage = {
  get secure() {
    if (secure === undefined) throw new Error('Kafka is not there yet')
    return secure
  },
  get drivers() {
    return drivers
  },
  get strangers() {
    return strangers
  },
}

beforeAll(async () => {
  secure = await startSecureKafka()
  strangers = await createAuthority('strangers')
  drivers = createSecureDrivers(secure)
})
afterAll(async () => {
  await drivers?.stop()
  await secure?.stop()
})

describe('ways to log in', () => describeMatrix(stage))
describe('what is set wrong', () => describeSecurityWords(stage))
describe('renewed certificates', () => describeRenewal(stage))
describe('sessions', () => describeReauthentication(stage))
describe('the commands and the preflight', () => describeSecureCommands(stage))
describe('the contract of drivers over SASL_SSL', () => describeSecureContract(stage))
