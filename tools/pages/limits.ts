import { ADMISSION, type Limit } from '../../services/ingest/src/admission/admission.ts'
import { table } from '../markdown.ts'

/** docs/reference/limits.md: every limit that a request meets, in order. */
export function limitsPage(): string {
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
