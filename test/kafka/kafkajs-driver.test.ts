import { describeKafkaDriver } from './driver-contract.ts'

describeKafkaDriver('kafkajs')
