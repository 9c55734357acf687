import {
  EVENT_CODES,
  IGNORED_CODES,
  REQUEST_CODES,
  WAIT_CODES,
  WARNING_CODES,
  type CodeRow,
} from '@custom-events/event'
import { table } from '../markdown.ts'

/** docs/reference/errors.md: every code, and what to do about it. */
export function errorsPage(): string {
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
