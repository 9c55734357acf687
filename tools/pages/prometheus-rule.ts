import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'

const ALERTS = 'deploy/prometheus/alerts.yml'

/** deploy/kubernetes/components/monitoring/prometheus-rule.yaml: the same alerts, for the Prometheus operator. */
export function prometheusRuleFile(): string {
  const spec: unknown = parse(readFileSync(ALERTS, 'utf8'))
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'custom-events' },
    spec,
  }
  return `# Made by \`npm run generate\` from ${ALERTS}.\n${stringify(rule, { lineWidth: 0 })}`
}
