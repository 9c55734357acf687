// `npm run drill -- <name>`: how the pipeline behaves in outages and overload, in figures.
import { loadavg } from 'node:os'
import { readArguments, readNumber, refuseArguments } from '../../tools/read-arguments.ts'
import { clickhouseAway } from './clickhouse-away.ts'
import { areHeld, renderFigures, type Figure } from './figures.ts'
import { hotAccount } from './hot-account.ts'
import { kafkaAway } from './kafka-away.ts'
import { overload } from './overload.ts'
import { scaling } from './scaling.ts'
import { sigterm } from './sigterm.ts'
import type { Orders } from './stage.ts'

interface Drill {
  readonly shows: string
  readonly run: (orders: Orders) => Promise<readonly Figure[]>
}

const drills: Readonly<Record<string, Drill>> = {
  'clickhouse-away': {
    shows:
      'ClickHouse is away under load (--minutes 1): ingest does not notice, the backlog drains',
    run: clickhouseAway,
  },
  'kafka-away': {
    shows: 'Kafka is killed, then frozen (--minutes 0.3): every request is answered, none is lost',
    run: kafkaAway,
  },
  sigterm: {
    shows: 'SIGTERM of ingest with 200 requests and more in flight: each is answered',
    run: sigterm,
  },
  overload: {
    shows:
      'ten times the peak (--minutes 1, --events 1000 a request): goodput stays, the rest is refused quickly',
    run: overload,
  },
  'hot-account': {
    shows: 'one account sends 90 %: the others hardly notice',
    run: hotAccount,
  },
  scaling: {
    shows:
      'a day (--minutes 2.5) over consumers whose number follows the rule of deploy/kubernetes: no flapping, none lost',
    run: scaling,
  },
}

const startedAt = performance.now()
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)
  process.stderr.write(`drill: ${seconds} s  ${line}\n`)
}
const list = Object.entries(drills).map(([each, { shows }]) => `  ${each.padEnd(16)} ${shows}`)
const USAGE = `npm run drill -- <name> [--minutes N] [--seed N] [--events N]\n${list.join('\n')}`
const { positionals, values } = readArguments(USAGE, {
  allowPositionals: true,
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, events: { type: 'string' } },
})
process.exitCode = await main(positionals[0] ?? '')

async function main(name: string): Promise<number> {
  const drill = drills[name]
  if (drill === undefined) {
    return refuseArguments(USAGE, name === '' ? 'which drill?' : `there is no drill ${name}`)
  }
  const seed = readNumber(USAGE, 'seed', values.seed) ?? Date.now() % 2 ** 31
  const minutes = readNumber(USAGE, 'minutes', values.minutes) ?? null
  const isCount = (value: number): boolean => Number.isInteger(value) && value > 0
  const events = readNumber(USAGE, 'events', values.events, isCount) ?? null
  const before = loadavg()[0] ?? 0
  say(`${name}, seed ${seed}, load average ${before.toFixed(1)}`)
  const figures = await drill.run({ seed, minutes, events, say })
  const isHeld = areHeld(figures)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const machine = `load average ${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`
  process.stdout.write(`${renderFigures(figures)}\n`)
  process.stdout.write(
    `${isHeld ? 'HELD' : 'MISSED'}: ${name} in ${seconds} s; seed ${seed}; ${machine}\n`,
  )
  return isHeld ? 0 : 1
}
