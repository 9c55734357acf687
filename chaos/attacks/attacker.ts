// A process of its own, started by `attackWith`: says `ready`, sends until the time is over, prints its tally.
import { setTimeout as delay } from 'node:timers/promises'
import type { Target } from './attack.ts'
import { attackNamed } from './catalogue.ts'
import { createTally } from './tally.ts'

// Given by attackWith only.
const orders = JSON.parse(String(process.argv[2])) as {
  readonly name: string
  readonly seconds: number
  readonly pace: number
  readonly target: Target
}
const send = attackNamed(orders.name).prepare()
const tally = createTally()
process.stdout.write('ready\n')
const milliseconds = orders.seconds * 1_000
const { target, pace } = orders
const sending = send({ target, pace, tally, signal: AbortSignal.timeout(milliseconds) })
// Neither that timer nor connections that nobody reads would keep the process.
await Promise.all([sending, delay(milliseconds)])
process.stdout.write(`${JSON.stringify(tally)}\n`)
