import { opsMetrics, type MetricDefinitions } from '@custom-events/runtime'
import { consumerMetrics } from '../../services/consumer/src/metrics.ts'
import { ingestMetrics, primaryMetrics } from '../../services/ingest/src/metrics.ts'
import { table } from '../markdown.ts'

/** docs/reference/metrics.md: every metric of both services. */
export function metricsPage(): string {
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
