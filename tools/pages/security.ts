import { readFileSync } from 'node:fs'
import { ATTACKS } from '../../chaos/attacks/catalogue.ts'
import { table } from '../markdown.ts'
import { variablesByProgram } from './configuration.ts'

/** docs/security.md with its lists written anew: the secrets of the programs, and the attacks that are tried. */
export function securityPage(): string {
  const parts = { secrets: secretsTable(), attacks: attacksTable() }
  return Object.entries(parts).reduce(
    (page, [name, part]) => withPart(page, name, part),
    readFileSync('docs/security.md', 'utf8'),
  )
}

/** What stands between `<!-- NAME -->` and `<!-- /NAME -->` becomes the part. */
function withPart(page: string, name: string, part: string): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, , after] = page.split(new RegExp(`${opening}([^]*?)${closing}`))
  if (after === undefined) throw new Error(`docs/security.md has no place for ${name}`)
  return `${before}${opening}\n\n${part}\n\n${closing}${after}`
}

function secretsTable(): string {
  const programsBySecret = new Map<string, string[]>()
  for (const [program, variables] of Object.entries(variablesByProgram)) {
    for (const [name, { isSecret }] of Object.entries(variables)) {
      if (!isSecret) continue
      programsBySecret.set(name, [...(programsBySecret.get(name) ?? []), program])
    }
  }
  const rows = [...programsBySecret].map(([name, programs]) => [
    `\`${name}\`, \`${name}_FILE\``,
    programs.join(', '),
  ])
  return table(['secret', 'read by'], rows)
}

function attacksTable(): string {
  const rows = ATTACKS.map(({ name, sends, isKeyed }) => [
    `\`${name}\``,
    sends,
    isKeyed ? 'yes' : 'no',
  ])
  return table(['attack', 'what is sent', 'with a key'], rows)
}
