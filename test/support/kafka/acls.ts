import kafkajs from 'kafkajs'
import { quietKafka, withAdmin } from './topics.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

const OPERATIONS = {
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
} as const

/** Lets a principal (`User:name`) do this with a topic, from anywhere. */
export async function allow(
  bootstrap: string,
  principal: string,
  topic: string,
  operations: readonly (keyof typeof OPERATIONS)[],
): Promise<void> {
  await withAdmin(quietKafka(bootstrap), (admin) =>
    admin.createAcls({
      acl: operations.map((operation) => ({
        resourceType: AclResourceTypes.TOPIC,
        resourceName: topic,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal,
        host: '*',
        operation: OPERATIONS[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    }),
  )
}
