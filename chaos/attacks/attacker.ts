// A process of its own, started by `attackWith`: says `ready`, sends until the time is over, prints its tally.
import type { Target } from './attack.ts'
import { attackNamed } from './catalogue.ts'
import { createTally } from './tally.ts'

// Given by attackWith only.
const orders = JSON.parse(String(process.argv[2])) as {
  readonly name: string
  readonly seconds: number
  readonly target: Target
}
const send = attackNamed(orders.name).prepare()
const tally = createTally()
process.stdout.write('ready\n')
await send({ target: orders.target, tally, signal: AbortSignal.timeout(orders.seconds * 1_000) })
process.stdout.write(`${JSON.stringify(tally)}\n`)
