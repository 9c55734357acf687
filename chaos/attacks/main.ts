// `npm run attacks`: what attackers do to others, in figures.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '@custom-events/embedded'
import { readKeptFigures, savedFigures, writeFigures } from '../../bench/figures.ts'
import { MEASURED_CORE, OTHER_CORE, pin } from '../../bench/pin.ts'
import { table } from '../../tools/markdown.ts'
import { readArguments, readNumber, refuseArguments } from '../../tools/read-arguments.ts'
import type { Attack } from './attack.ts'
import { ATTACKS } from './catalogue.ts'
import { measureHarm, type Harm } from './harm.ts'
import { startIngestUnderAttack, type IngestPlace } from './ingest-under-attack.ts'
import { brokenLimits, HARM_LIMITS } from './limits.ts'
import { figuresOfHarms, tableOfHarms, withNewRows } from './render.ts'

const list = ATTACKS.map(({ name, sends }) => `  ${name.padEnd(28)} ${sends}`).join('\n')
const USAGE = `npm run attacks -- [--only NAME,…] [--seconds N] [--json FILE] [--save] [--shared-cores]

Starts the servers and, for each attack, an ingest with keys on a core of its own; a neighbour with a key
posts 50 events a second meanwhile. Exit code 1 when an attack breaks a limit.

  --only NAME,…   these attacks; or those whose name holds one of these
  --seconds N     of each attack (default 60; 10 for a family)
  --json FILE     the figures also as JSON
  --save          also keep them in docs/figures, where docs/guarantees.md gets its table (\`npm run generate\`);
                  with --only in place of the rows of these attacks
  --shared-cores  nothing is pinned to a core

${list}`

const NEIGHBOUR_PER_SECOND = 50
const DEFAULT_SECONDS = 60
const MAX_QUIET_SECONDS = 2

const { values } = readArguments(USAGE, {
  options: {
    only: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'string' },
    save: { type: 'boolean', default: false },
    'shared-cores': { type: 'boolean' },
  },
})
const seconds = readNumber(USAGE, 'seconds', values.seconds, (value) => value >= 1)
const keep = values['shared-cores'] === true ? () => null : pin
const startedAt = performance.now()
process.exitCode = await main(attacksWith(values.only?.split(',') ?? ['']))

async function main(attacks: readonly Attack[]): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'custom-events-attacks-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const stack = resources.use(await startStack({ tuned: true, onProgress: say }))
  const others = [stack.kafka, stack.registry, stack.clickhouse].map(({ pid }) => pid)
  for (const pid of [process.pid, ...others]) sayUnless(keep(pid, OTHER_CORE))

  const harms: Harm[] = []
  let unmeasured = 0
  for (const [at, attack] of attacks.entries()) {
    say(`${at + 1} of ${attacks.length}: ${attack.name}`)
    try {
      harms.push(await tryAttack(attack, { servers: stack.environment, folder }))
    } catch (error) {
      unmeasured += 1
      say(`   NOT MEASURED: ${String(error)}`)
    }
    keepJson(harms)
  }
  const isHeld = await report(harms, unmeasured)
  return isHeld ? 0 : 1
}

/** @throws when it could not be measured. */
async function tryAttack(attack: Attack, place: IngestPlace): Promise<Harm> {
  await using ingest = await startIngestUnderAttack(place)
  sayUnless(keep(ingest.pid, MEASURED_CORE))
  const attackSeconds = seconds ?? attack.seconds ?? DEFAULT_SECONDS
  const harm = await measureHarm(ingest, attack, {
    seconds: attackSeconds,
    quietSeconds: Math.min(MAX_QUIET_SECONDS, attackSeconds / 2),
    neighbourPerSecond: NEIGHBOUR_PER_SECOND,
    onAttacker: (pid) => sayUnless(keep(pid, OTHER_CORE)),
  })
  const broken = brokenLimits(harm, HARM_LIMITS)
  say(broken.length === 0 ? '   held' : `   BROKEN: ${broken.join('; ')}`)
  return harm
}

/** After each attack: a run may be long, and be ended by somebody. */
function keepJson(harms: readonly Harm[]): void {
  if (values.json === undefined) return
  const when = new Date().toISOString()
  writeFileSync(values.json, `${JSON.stringify({ when, harms }, null, 2)}\n`)
}

function attacksWith(texts: readonly string[]): readonly Attack[] {
  const names = new Set(ATTACKS.map(({ name }) => name))
  const isMeant = (name: string, text: string): boolean =>
    names.has(text) ? name === text : name.includes(text)
  const attacks = ATTACKS.filter(({ name }) => texts.some((text) => isMeant(name, text)))
  if (attacks.length > 0) return attacks
  return refuseArguments(USAGE, `no attack has a name with ${texts.join(' or ')}`)
}

/** @returns whether every attack was measured, and held. */
async function report(harms: readonly Harm[], unmeasured: number): Promise<boolean> {
  const notes = [
    ...(unmeasured > 0 ? [`${unmeasured} could not be measured.`] : []),
    `Load average ${loadavg()[0]?.toFixed(1)} at the end.`,
  ]
  const figures = figuresOfHarms(harms, notes)
  if (values.save) {
    const words = process.argv.slice(2).filter((word) => word !== '--save')
    const command = ['npm run attacks', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
    const fresh = savedFigures('attacks', command, figures)
    say(`kept ${await writeFigures('kept', withNewRows(readKeptFigures('attacks'), fresh))}`)
  }
  const { columns, rows } = tableOfHarms(harms)
  const text = rows.map((row) => row.map(String))
  process.stdout.write(`${table(columns, text)}\n\n${figures.notes.join(' ')}\n`)
  return unmeasured === 0 && harms.every((harm) => brokenLimits(harm, HARM_LIMITS).length === 0)
}

function sayUnless(warning: string | null): void {
  if (warning !== null) say(warning)
}

function say(line: string): void {
  const elapsed = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)
  process.stderr.write(`attacks: ${elapsed} s  ${line}\n`)
}
