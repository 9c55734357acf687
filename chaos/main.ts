// `npm run chaos -- --tier smoke|ci|full --seed N`: the delivery proof.
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isProven, keepEvidence, renderReport } from './report.ts'
import { run } from './run.ts'
import { sabotageAll } from './sabotage.ts'
import { tierOf } from './tiers.ts'

const { values } = parseArgs({
  options: {
    tier: { type: 'string', default: 'smoke' },
    seed: { type: 'string' },
    events: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    kinds: { type: 'string' },
    'drain-seconds': { type: 'string' },
    sabotage: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})
const number = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text)

const seed = number(values.seed) ?? randomInt(2 ** 31)
const tier = tierOf(values.tier, {
  events: number(values.events),
  faults: number(values.faults),
  minutes: number(values.minutes),
  kinds: values.kinds,
  drainSeconds: number(values['drain-seconds']),
})
const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`)
process.exitCode = values.sabotage ? await sabotage() : await prove()

async function sabotage(): Promise<number> {
  const [untouched, ...verdicts] = await sabotageAll({ seed, only: values.only, say })
  const caught = verdicts.filter(({ caughtBy }) => caughtBy !== null)
  const table = verdicts.map(
    ({ name, caughtBy, seconds }) => `| ${name} | ${caughtBy ?? '**NOT CAUGHT**'} | ${seconds} |`,
  )
  process.stdout.write(
    `| sabotage | caught by | seconds |\n| --- | --- | --- |\n${table.join('\n')}\n`,
  )
  const isGreen = untouched?.caughtBy === null
  process.stdout.write(
    `${caught.length} of ${verdicts.length} caught; the untouched copy is ${isGreen ? 'green' : 'RED'}; seed ${seed}\n`,
  )
  return isGreen && caught.length === verdicts.length ? 0 : 1
}

async function prove(): Promise<number> {
  const startedAt = performance.now()
  const folder = mkdtempSync(join(tmpdir(), `custom-events-chaos-${seed}-`))
  say(
    `tier ${tier.name}, seed ${seed}: ${tier.events} events over ${tier.sendMs / 1_000} s, ${tier.faults} faults`,
  )
  say(`logs are in ${folder}`)

  const findings = await run({ seed, tier, folder, say })
  const text = renderReport(seed, tier, findings)
  process.stdout.write(`${text}\n`)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  if (isProven(findings)) {
    rmSync(folder, { recursive: true, force: true })
    process.stdout.write(`PROVEN in ${seconds} s; again with --tier ${tier.name} --seed ${seed}\n`)
    return 0
  }
  keepEvidence(folder, seed, findings, text)
  for (const name of ['kafka', 'registry', 'clickhouse']) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
  process.stdout.write(
    `BROKEN after ${seconds} s; again with --tier ${tier.name} --seed ${seed}; evidence in ${folder}\n`,
  )
  return 1
}
