import {
  ROLES,
  rolesSql,
  type Grant,
  type Limit,
  type Role,
} from '@custom-events/clickhouse/access'
import {
  aclsOf,
  consumerGroupName,
  KAFKA_PROGRAMS,
  KAFKA_RIGHTS,
  RESOURCES,
  rightsOf,
  type KafkaProgram,
  type Right,
} from '@custom-events/kafka'
import { table } from '../markdown.ts'

/** docs/reference/rights.md: what each program may not do without. */
export function rightsPage(): string {
  return `# Rights

<!-- Made by \`npm run generate\` from packages/kafka/src/rights/rights.ts and packages/clickhouse/src/access. -->

What each program may not do without. Give each its own user. With exactly this, and without each of it, every program is run by
\`npm test -- test/connect/rights.test.ts\` (Kafka) and \`npm test -- test/access/programs.test.ts\` (ClickHouse). The topic of rejected events is KAFKA_TOPIC with
\`rejected\` for \`tracked\`: \`events.rejected.v1\`; that of keys is \`events.keys.v1\`. The database of keys is
\`<CLICKHOUSE_DATABASE>_keys\`: see [sealing](../sealing.md). That of erasures is \`events.erased.v1\`.

## Kafka (ACLs)

${rightsTable(KAFKA_RIGHTS)}

The same for Kafka's tool, with a user of each name and without a KAFKA_TOPIC or KAFKA_CONSUMER_GROUP of your own:

\`\`\`sh
${KAFKA_PROGRAMS.flatMap(aclCommands).join('\n')}
\`\`\`

## ClickHouse (roles)

A role for each; on a server it is named after the database, \`custom_events_writer\`. \`npm run roles\` makes them,
and setup does when its user may manage access ([how](../operators.md#who-may-do-what-in-clickhouse)). The embedded ClickHouse has
a user of each name, without \`custom_events_\`. Names without a dot are those of CLICKHOUSE_DATABASE.

${table(
  ['role', 'who', 'may', 'on', 'without it'],
  ROLES.flatMap((role) => role.grants.map((grant) => grantRow(role, grant))),
)}

An account sees the rows whose \`group_id\` is the one that its login is named after, by a row policy on everything in the database.

What is limited, unless a smaller limit is asked for:

${table(
  ['role', 'setting', 'is', 'may be changed', 'why'],
  ROLES.flatMap(({ name, limits = [] }) => limits.map((limit) => limitRow(name, limit))),
)}

${table(
  ['role', 'queries', 'rows read', 'seconds of all queries'],
  ROLES.flatMap(({ name, quota }) =>
    quota === undefined
      ? []
      : [[name, number(quota.queries), number(quota.readRows), number(quota.executionSeconds)]],
  ),
)}

Each hour, for each user of the role. The same as SQL, as \`npm run -s roles -- --print\` shows it for your settings:

\`\`\`sql
${rolesSql({ database: 'custom_events', onCluster: '' })
  .map((statement) => `${statement.replaceAll(/, (?=[A-Z]{4})/g, ',\n  ')};`)
  .join('\n')}
\`\`\`
`
}

function grantRow({ name, who }: Role, grant: Grant): readonly string[] {
  const { rights, on, columns, without, isOptional = false } = grant
  const { isOfClusters = false, isOfShards = false } = grant
  const places = on.map((place) => (place === '*.*' ? 'the server' : code(place)))
  const narrowed = columns === undefined ? '' : ` (${columns.map(code).join(', ')})`
  const told = [
    ...(isOfClusters ? ['with CLICKHOUSE_CLUSTER'] : []),
    ...(isOfShards ? ['with CLICKHOUSE_SHARDS_CLUSTER'] : []),
    ...(isOptional ? ['optional'] : []),
    without,
  ]
  return [name, who, rights.join(', '), `${places.join(', ')}${narrowed}`, told.join(': ')]
}

function limitRow(role: string, { setting, value, change, why }: Limit): readonly string[] {
  const bounds = { fixed: 'no', most: `from 1 to ${number(value)}`, default: 'yes' } as const
  return [role, code(setting), number(value), bounds[change], why]
}

function code(text: string): string {
  return `\`${text}\``
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function rightsTable(rights: readonly Right[]): string {
  const rows = rights.map(({ program, resource, operations, without, isOptional = false }) => [
    program,
    RESOURCES[resource].said,
    operations.join(', '),
    isOptional ? `optional: ${without}` : without,
  ])
  return table(['program', 'resource', 'operations', 'without it'], rows)
}

const TRACKED = 'events.tracked.v1'
const NAMES = { tracked: TRACKED, consumerGroup: consumerGroupName('', TRACKED) }

/** One command for all resources of a program that it may do the same with. */
function aclCommands(program: KafkaProgram): readonly string[] {
  const each = aclsOf(rightsOf(program), NAMES).map(({ type, name, ...how }) => ({
    ...how,
    about: `--${type} ${name}`,
  }))
  const operationsOf = ({ about, pattern }: (typeof each)[number]): string =>
    each
      .filter((other) => other.about === about && other.pattern === pattern)
      .map(({ operation }) => `--operation ${camelCase(operation)}`)
      .join(' ')
  const groups = Map.groupBy(each, (right) => `${right.pattern}\n${operationsOf(right)}`)
  return [...groups].map(([key, rights]) => {
    const [pattern = '', operations = ''] = key.split('\n')
    const about = [...new Set(rights.map((right) => right.about))].join(' ')
    const how = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : ''
    return `kafka-acls.sh --bootstrap-server … --add --allow-principal User:${program} \\\n  ${operations} \\\n  ${about}${how}`
  })
}

/** `DESCRIBE_CONFIGS` as `DescribeConfigs`. */
function camelCase(operation: string): string {
  return operation
    .toLowerCase()
    .replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
