import { connect } from 'node:net'
import fc from 'fast-check'
import type { Answer } from './client.ts'
import { edited, edits, type Edit } from './families/bytes.ts'
import { markerOf, soundFields, textOf, type Input } from './input.ts'
import { faultsOfAnswer, keptEvents, type KeptEvent } from './judge.ts'
import { addFault, countAnswer, type Report } from './report.ts'

const CONNECTIONS = 48
/** A server that waits for more is told that there is none. */
const SILENCE_MS = 300
/** The server's limit for a whole request, and a second more. */
const HANG_MS = 16_000

/** Everything that comes back for some bytes on a connection of their own, until it is closed. */
function exchange(
  url: string,
  bytes: Buffer,
): Promise<{ text: string; failure: string | null; ms: number }> {
  const { hostname, port } = new URL(url)
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let failure: string | null = null
    const socket = connect(Number(port), hostname)
    const timer = setTimeout(() => {
      failure = `hung for ${HANG_MS} ms`
      socket.destroy()
    }, HANG_MS)
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {}) // a reset is an answer; 'close' follows
    socket.on('close', () => {
      clearTimeout(timer)
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ text, failure, ms: performance.now() - startedAt })
    })
    socket.setTimeout(SILENCE_MS, () => socket.end())
    socket.write(bytes)
  })
}

/** What is known after raw requests: the kept events, and the ids of those whose answer was lost. */
interface RawOutcome {
  readonly kept: readonly KeptEvent[]
  readonly unknownIds: ReadonlySet<string>
}

/** Sound HTTP requests with some bytes of the head changed, each on its own connection. */
export async function sendRaw(
  report: Report,
  url: string,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<RawOutcome> {
  const kept: KeptEvent[] = []
  const unknownIds = new Set<string>()
  const queue = fc.sample(edits, { seed, numRuns: count }).entries()
  const work = async (): Promise<void> => {
    for (const [index, list] of queue) {
      const marker = markerOf(seed, index)
      const { input, bytes } = rawInput(marker, list)
      const { text, failure, ms } = await exchange(url, bytes)
      const answers = text
        .split(ANSWER_START)
        .filter(Boolean)
        .map((part) => answerOf(part, ms))
      const none: Answer = { status: 0, headers: {}, text: '', failure: failure ?? 'closed', ms }
      countAnswer(report, input, answers[0] ?? none)
      if (failure !== null) addFault(report, `${input.name}: ${failure}`)
      for (const fault of answers.flatMap(faultsOfAnswer))
        addFault(report, `${input.name}: ${fault}`)
      const told = answers.flatMap((answer) => keptEvents(input, answer))
      kept.push(...told)
      if (told.length === 0) unknownIds.add(marker)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  return { kept, unknownIds }
}

const ANSWER_START = /(?=HTTP\/1\.1 \d{3} )/

function rawInput(marker: string, list: readonly Edit[]): { input: Input; bytes: Buffer } {
  const event = Buffer.from(textOf(soundFields(marker)))
  const head = [
    'POST /track?receipt=1 HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    'X-Request-Id: r1',
    `Content-Length: ${event.length}`,
    'Connection: close',
  ].join('\r\n')
  const bytes = Buffer.concat([edited(Buffer.from(`${head}\r\n\r\n`), list), event])
  const name = JSON.stringify(bytes.toString('latin1').slice(0, 180))
  const family = 'changed bytes of a request'
  return { bytes, input: { family, name, body: event, verdict: 'any', document: event } }
}

function answerOf(text: string, ms: number): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  const type = /^content-type: (.*)$/im.exec(head)?.[1]
  return {
    status,
    headers: { 'content-type': type },
    text: rest.join('\r\n\r\n'),
    failure: null,
    ms,
  }
}
