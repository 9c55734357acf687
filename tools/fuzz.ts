import {
  codesNotMet,
  fuzz,
  type Progress,
} from '../services/ingest/src/testing/fuzz/fuzz.fixture.ts'
import { reportOf } from '../services/ingest/src/testing/fuzz/report.fixture.ts'
import { readArguments, readNumber } from './read-arguments.ts'

const USAGE = `npm run fuzz: random bodies, judged and encoded where they lie and on the reference path, and compared.

  npm run fuzz                                    200,000 events
  npm run fuzz -- --events 1000000 --seconds 600  as many, or as many as that time allows
  npm run fuzz -- --seed 7                        the same bodies again

Verdicts, codes, warnings, and the bytes and places of records must be equal. The first body that two ways
do not agree about is made as short as it can be and printed with the curl that sends it: exit code 1.`

const PROGRESS_MS = 5_000

const { values } = readArguments(USAGE, {
  options: {
    events: { type: 'string' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const seed = readNumber(USAGE, 'seed', values.seed, isCount) ?? Date.now() % 1_000_000_000
const events = readNumber(USAGE, 'events', values.events, isCount) ?? 200_000
const seconds = readNumber(USAGE, 'seconds', values.seconds)

say(`seed ${seed}`)
const startedAt = performance.now()
let toldAt = startedAt
const { progress, disagreement } = await fuzz({
  seed,
  events,
  ...(seconds === undefined ? {} : { ms: seconds * 1_000 }),
  onProgress: (soFar) => {
    if (performance.now() - toldAt < PROGRESS_MS) return
    toldAt = performance.now()
    say(line(soFar))
  },
})
say(line(progress))
const { byStatus, onFastPath, refused } = progress
say(
  `accepted ${byStatus.accepted} (${onFastPath} of them where they lay), rejected ${byStatus.rejected}, ` +
    `ignored ${byStatus.ignored}; bodies refused whole ${refused}`,
)
say(`codes not met: ${codesNotMet(progress).join(', ') || 'none'}`)
if (disagreement === null) say('0 disagreements')
else {
  process.stdout.write(`${reportOf(disagreement)}\n`)
  say(`seed ${seed} shows it again`)
  process.exitCode = 1
}

function line({ bodies, events: count }: Progress): string {
  const elapsed = (performance.now() - startedAt) / 1_000
  return `${count} events in ${bodies} bodies, ${Math.round(count / elapsed)} events/s`
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
