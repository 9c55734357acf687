// Loaded into our services by the harness, and only by it: their wall clock can be moved while they run.
// CHAOS_CLOCK_FILE holds the milliseconds to add; what was read is said in CHAOS_CLOCK_FILE.seen.
import { readFileSync, writeFileSync } from 'node:fs'

const file = process.env['CHAOS_CLOCK_FILE']
const LOOK_EVERY_MS = 100
const TrueDate = Date
const trueNow = Date.now
let offsetMs = 0

function look() {
  try {
    const next = Number(readFileSync(file, 'utf8'))
    if (next === offsetMs || !Number.isFinite(next)) return
    offsetMs = next
    writeFileSync(`${file}.seen`, String(next))
  } catch {
    // there is no such file until the first jump
  }
}

if (file !== undefined) {
  TrueDate.now = () => trueNow() + offsetMs
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [target.now()] : values, newTarget),
    apply: (target) => new target(target.now()).toString(),
  })
  look()
  setInterval(look, LOOK_EVERY_MS).unref()
}
