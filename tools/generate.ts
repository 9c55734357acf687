// `npm run generate`: the pages that are made from code, so that they cannot disagree with it.
//
//   npm run generate             rewrite them
//   npm run generate -- --check  exit 1 and name those that are not fresh
import { readFileSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { format } from 'prettier'
import {
  EVENT_CODES,
  IGNORED_CODES,
  REQUEST_CODES,
  WAIT_CODES,
  WARNING_CODES,
  type CodeRow,
} from '@custom-events/event'
import { CLICKHOUSE_RIGHTS, KAFKA_RIGHTS, type Right } from '@custom-events/kafka'
import {
  opsMetrics,
  readPlanFiles,
  type MetricDefinitions,
  type Variable,
} from '@custom-events/runtime'
import { pageWithFigures, plotPages } from '../bench/pages.ts'
import { setupVariables } from '../cli/src/config.ts'
import { replayVariables } from '../cli/src/replay/config.ts'
import { ADMISSION, type Limit } from '../services/ingest/src/admission/admission.ts'
import { consumerVariables } from '../services/consumer/src/config.ts'
import { consumerMetrics } from '../services/consumer/src/metrics.ts'
import { ingestVariables } from '../services/ingest/src/config.ts'
import { ingestMetrics, primaryMetrics } from '../services/ingest/src/metrics.ts'
import { eventAvroFile, eventPage, eventSchemaFile, pageWithFields } from './event-pages.ts'
import { table } from './markdown.ts'
import { securityPage } from './security-page.ts'
import { trackingPlansPage } from './plans-page.ts'

type Variables = Readonly<Record<string, Variable<unknown>>>

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/rights.md': rightsPage,
  'docs/reference/limits.md': limitsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/event.md': eventPage,
  'docs/producers.md': () => pageWithFields(readFileSync('docs/producers.md', 'utf8')),
  'schemas/event.schema.json': eventSchemaFile,
  'schemas/event.avsc': eventAvroFile,
  'docs/reference/tracking-plans.md': async () => trackingPlansPage(await readPlanFiles('')),

  'docs/security.md': () =>
    securityPage({
      ingest: ingestVariables,
      consumer: consumerVariables,
      setup: setupVariables,
      replay: replayVariables,
    }),
  'docs/guarantees.md': () => pageWithFigures('docs/guarantees.md'),
  'docs/performance.md': () => pageWithFigures('docs/performance.md'),
  'docs/decisions/0036-shortcuts-have-a-figure.md': () =>
    pageWithFigures('docs/decisions/0036-shortcuts-have-a-figure.md'),
  ...plotPages(),
}

const PARSERS: Readonly<Record<string, string>> = {
  '.md': 'markdown',
  '.json': 'json',
  '.avsc': 'json',
}

const STYLE = { printWidth: 100, semi: false, singleQuote: true }

const isCheck = process.argv.includes('--check')
for (const [path, write] of Object.entries(pages)) {
  const page = await write()
  const parser = PARSERS[extname(path)]
  const fresh = parser === undefined ? page : await format(page, { parser, ...STYLE })
  if (!isCheck) writeFileSync(path, fresh)
  else if (readOrEmpty(path) !== fresh) {
    process.stdout.write(`${path} is not fresh: run \`npm run generate\`\n`)
    process.exitCode = 1
  }
}

function configurationPage(): string {
  return `# Configuration

<!-- Made by \`npm run generate\` from the config.ts of each service. -->

Environment variables, read once at the start. An empty variable counts as absent. A secret may come
from a file instead: \`NAME_FILE\`. Every problem is reported at once, with exit code 78.

${variablesSection('Ingest', ingestVariables)}
${variablesSection('Consumer', consumerVariables)}
${variablesSection('Setup', setupVariables)}

${variablesSection('Replay (of rejected events: those of ingest as well)', replayVariables)}`
}

function variablesSection(title: string, variables: Variables): string {
  const rows = Object.entries(variables).map(([name, { rule, isSecret, description, ...spec }]) => [
    `\`${name}\``,
    isSecret ? 'a secret' : rule,
    'default' in spec ? defaultText(spec.default) : 'required',
    description,
  ])
  return `## ${title}\n\n${table(['variable', 'value', 'default', 'what it does'], rows)}\n`
}

function defaultText(value: unknown): string {
  return value === '' ? 'empty' : `\`${String(value)}\``
}

function rightsPage(): string {
  return `# Rights

<!-- Made by \`npm run generate\` from packages/kafka/src/admin/rights.ts. -->

What each program may not do without. Give each its own user. The topic of rejected events is KAFKA_TOPIC with
\`rejected\` for \`tracked\`: \`events.rejected.v1\`.

## Kafka (ACLs)

${rightsTable(KAFKA_RIGHTS)}

With Kafka's tool, here the topics of ingest and the group of the consumer; the others alike:

\`\`\`sh
kafka-acls.sh --bootstrap-server … --add --allow-principal User:ingest \\
  --operation Write --operation Describe --operation DescribeConfigs \\
  --topic events.tracked.v1 --topic events.rejected.v1 --resource-pattern-type prefixed
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

function limitsPage(): string {
  const rows = ADMISSION.map((row, index) => [
    `${index + 1}`,
    row.limit,
    row.figure,
    limitAnswer(row),
    row.protects,
    `\`${row.file}\``,
  ])
  const columns = ['', 'limit', 'figure', 'what happens', 'what it protects', 'who decides']
  return `# Limits of ingest

<!-- Made by \`npm run generate\` from services/ingest/src/admission/admission.ts. -->

Every limit that a request meets, in the order in which it meets them: the first that it breaks decides. Where a reason is
named, \`custom_events_requests_refused_for_load_total\` counts it, and the
[runbook](../runbook.md#ingest-answers-503-overloaded) says what to do. Codes are in [errors](errors.md).

${table(columns, rows)}`
}

function limitAnswer({ code, otherwise, reason }: Limit): string {
  if (code === null) return otherwise ?? ''
  return `\`${code}\`${reason === undefined ? '' : `, reason \`${reason}\``}`
}

function metricsPage(): string {
  return `# Metrics

<!-- Made by \`npm run generate\` from the metrics.ts of each service. -->

Prometheus text at \`/metrics\` of the ops port, with the metrics of the Node process. No label ever
holds a group, a user or an event id.

${metricsSection('Both services', opsMetrics)}
${metricsSection('Ingest', ingestMetrics)}
${metricsSection('Ingest, with `WORKERS` above 1', primaryMetrics)}
${metricsSection('Consumer', consumerMetrics)}`
}

function metricsSection(title: string, definitions: MetricDefinitions): string {
  const rows = Object.values(definitions).map(({ name, type, labels, help }) => [
    `\`custom_events_${name}\``,
    type,
    Object.keys(labels ?? {}).join(', '),
    help,
  ])
  return `## ${title}\n\n${table(['metric', 'type', 'labels', 'what it counts'], rows)}\n`
}

function errorsPage(): string {
  return `# Errors and warnings

<!-- Made by \`npm run generate\` from packages/event/src/contract/codes.ts. -->

Codes are stable. A refused request carries \`code\`; a rejected event lists its \`errors\`, each with
\`pointer\` (into the body as sent), \`code\`, \`detail\`, \`expected\`, \`got\` and \`suggestion\`.

## Of a request

${requestCodesTable()}

## Of a rejected event

${codesTable(EVENT_CODES)}

## Of an ignored event: nothing is wrong, and nothing was kept

${codesTable(IGNORED_CODES)}

## Warnings: the event was accepted

${codesTable(WARNING_CODES)}

## Of \`?wait=queryable\`

On \`/track\`, in \`warnings\` beside \`"queryable": false\`; the events are accepted all the same.

${codesTable(WAIT_CODES)}
`
}

function requestCodesTable(): string {
  const rows = Object.entries(REQUEST_CODES).map(([code, { status, title, fix, isRetryable }]) => [
    `\`${code}\``,
    String(status),
    title,
    fix,
    isRetryable ? 'yes' : 'no',
  ])
  return table(['code', 'HTTP', 'what', 'what to do', 'may the same bytes succeed later'], rows)
}

function codesTable(codes: Readonly<Record<string, CodeRow>>): string {
  const rows = Object.entries(codes).map(([code, { title, fix }]) => [`\`${code}\``, title, fix])
  return table(['code', 'what', 'what to do'], rows)
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
