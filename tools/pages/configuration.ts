import type { Variable } from '@custom-events/runtime'
import { setupVariables } from '../../cli/src/config.ts'
import { destroyKeysVariables } from '../../cli/src/destroy-keys/config.ts'
import { eraseVariables } from '../../cli/src/erase/config.ts'
import { replayVariables } from '../../cli/src/replay/config.ts'
import { consumerVariables } from '../../services/consumer/src/config.ts'
import { ingestVariables } from '../../services/ingest/src/config.ts'
import { table } from '../markdown.ts'

type Variables = Readonly<Record<string, Variable<unknown>>>

/** What each program reads from its environment. */
export const variablesByProgram: Readonly<Record<string, Variables>> = {
  ingest: ingestVariables,
  consumer: consumerVariables,
  setup: setupVariables,
  replay: replayVariables,
  'destroy-keys': destroyKeysVariables,
  erase: eraseVariables,
}

/** docs/reference/configuration.md: every variable of every program. */
export function configurationPage(): string {
  return `# Configuration

<!-- Made by \`npm run generate\` from the config.ts of each service. -->

Environment variables, read once at the start. An empty variable counts as absent. A secret may come
from a file instead: \`NAME_FILE\`. Every problem is reported at once, with exit code 78.

${variablesSection('Ingest', ingestVariables)}
${variablesSection('Consumer', consumerVariables)}
${variablesSection('Setup', setupVariables)}

${variablesSection('Replay (of rejected events: those of ingest as well)', replayVariables)}
${variablesSection('Destroy-keys', destroyKeysVariables)}
${variablesSection('Erase', eraseVariables)}`
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
  return value === '' || (Array.isArray(value) && value.length === 0)
    ? 'empty'
    : `\`${String(value)}\``
}
