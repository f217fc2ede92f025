/** Run as a process: node count-timers.ts <bootstrap> <cured|as-it-is>. Prints the timers set in an idle second. */
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { cureKafkaJsTimers } from '../../src/kafka/kafkajs-timers.ts'

const [bootstrap = '', state] = process.argv.slice(2)
if (state === 'cured') cureKafkaJsTimers()

let timers = 0
const set = globalThis.setTimeout
globalThis.setTimeout = Object.assign((...args: Parameters<typeof set>) => {
  timers++
  return set(...args)
}, set)

const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin()
await admin.connect()
await admin.describeCluster()
await sleep(200)
timers = 0
const cpu = process.cpuUsage()
await sleep(1000)
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ timers, cpuMs: (user + system) / 1000 }))
await admin.disconnect()
