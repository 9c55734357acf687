import {
  ROLES,
  rolesSql,
  type Grant,
  type Limit,
  type Role,
} from '@custom-events/clickhouse/access'
import { KAFKA_RIGHTS, type Right } from '@custom-events/kafka'
import { table } from '../markdown.ts'

/** docs/reference/rights.md: what each program may not do without. */
export function rightsPage(): string {
  return `# Rights

<!-- Made by \`npm run generate\` from packages/kafka/src/admin/rights.ts and packages/clickhouse/src/access. -->

What each program may not do without. Give each its own user. The topic of rejected events is KAFKA_TOPIC with
\`rejected\` for \`tracked\`: \`events.rejected.v1\`; that of keys is \`events.keys.v1\`. The database of keys is
\`<CLICKHOUSE_DATABASE>_keys\`: see [sealing](../sealing.md). That of erasures is \`events.erased.v1\`.

## Kafka (ACLs)

${rightsTable(KAFKA_RIGHTS)}

With Kafka's tool, here the topics of ingest and the group of the consumer; the others alike:

\`\`\`sh
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest \\
  --operation Write --operation Describe --operation DescribeConfigs \\
  --topic events.tracked.v1 --topic events.rejected.v1 --topic events.keys.v1 --resource-pattern-type prefixed
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest --allow-principal User:consumer \\
  --operation Read --operation Describe --topic events.erased.v1
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest \\
  --operation Describe --group custom-events.clickhouse.events.tracked.v1
kafka-acls.sh --bootstrap-server … --add --allow-principal User:consumer \\
  --operation Read --operation Describe --group custom-events.clickhouse.events.tracked.v1
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
  const { rights, on, columns, without, isOptional = false, isOfClusters = false } = grant
  const places = on.map((place) => (place === '*.*' ? 'the server' : code(place)))
  const narrowed = columns === undefined ? '' : ` (${columns.map(code).join(', ')})`
  const told = [
    ...(isOfClusters ? ['with CLICKHOUSE_CLUSTER'] : []),
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
    resource,
    operations.join(', '),
    isOptional ? `optional: ${without}` : without,
  ])
  return table(['program', 'resource', 'operations', 'without it'], rows)
}
