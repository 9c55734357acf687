import { CLICKHOUSE_RIGHTS, KAFKA_RIGHTS, type Right } from '@custom-events/kafka'
import { table } from '../markdown.ts'

/** docs/reference/rights.md: what each program may not do without. */
export function rightsPage(): string {
  return `# Rights

<!-- Made by \`npm run generate\` from packages/kafka/src/admin/rights.ts. -->

What each program may not do without. Give each its own user. The topic of rejected events is KAFKA_TOPIC with
\`rejected\` for \`tracked\`: \`events.rejected.v1\`; that of erasures \`events.erased.v1\`.

## Kafka (ACLs)

${rightsTable(KAFKA_RIGHTS)}

With Kafka's tool, here the topics of ingest and the group of the consumer; the others alike:

\`\`\`sh
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest \\
  --operation Write --operation Describe --operation DescribeConfigs \\
  --topic events.tracked.v1 --topic events.rejected.v1 --resource-pattern-type prefixed
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest --allow-principal User:consumer \\
  --operation Read --operation Describe --topic events.erased.v1
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest \\
  --operation Describe --group custom-events.clickhouse.events.tracked.v1
kafka-acls.sh --bootstrap-server … --add --allow-principal User:consumer \\
  --operation Read --operation Describe --group custom-events.clickhouse.events.tracked.v1
\`\`\`

## ClickHouse (grants)

${rightsTable(CLICKHOUSE_RIGHTS)}

\`\`\`sql
GRANT SELECT, INSERT ON custom_events.* TO consumer; -- and so for replay
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER TABLE, SELECT, INSERT ON custom_events.* TO setup;
GRANT CREATE VIEW, DROP VIEW, SELECT ON custom_events.* TO views; GRANT SELECT ON system.* TO views;
GRANT ALTER TABLE, SELECT ON custom_events.* TO hot_properties; GRANT SELECT ON system.* TO hot_properties;
GRANT SELECT, INSERT, ALTER TABLE, OPTIMIZE, SYSTEM VIEWS ON custom_events.* TO eraser; GRANT SELECT ON system.* TO eraser;
GRANT SYSTEM VIEWS ON custom_events.* TO operator -- to refresh a rollup by hand
\`\`\`
`
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
