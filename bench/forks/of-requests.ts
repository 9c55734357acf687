import type { Fork } from './fork.ts'

const ANY = ['single events', 'batches of 100'] as const

/** From the connection to the events of a body, and back from the verdicts to the answer. */
export const forksOfRequests: readonly Fork[] = [
  {
    name: 'paths looked up before Express',
    why: 'Express tries one path after another and calls a chain of functions for each request',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/app.ts',
        from: 'const hotRoutes = new Map',
        until: 'return Object.assign(handle',
      },
      {
        file: 'services/ingest/src/app.ts',
        from: 'function hotPaths(',
        until: 'function createExpress(',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/app.ts',
        find: 'if (route === undefined) return app(request, response)',
        replace: 'return app(request, response)',
      },
    ],
  },
  {
    name: 'bodies go from the parser to their reader',
    why: 'a stream has a buffer, three events and four ticks of its own for a body of one chunk; no private field of Node is written, `readableEnded`, which is public, is overridden so that Node lets go of the request',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/http/messages.ts',
        from: 'giveBodyTo(sink: BodySink | null): void {',
        until: 'class Response extends',
      },
      {
        file: 'services/ingest/src/http/messages.ts',
        from: '// For Node a body that a sink',
        until: 'Object.setPrototypeOf(Request.prototype',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/http/messages.ts',
        find: '    isBodyTaken = false\n',
        replace: '    isBodyTaken = false\n    #isStarted = false\n',
      },
      {
        file: 'services/ingest/src/http/messages.ts',
        find: '      if (sink === null) return\n      this.read(0)',
        replace: `
      if (sink === null) return
      if (this.#isStarted) {
        this.resume()
        return
      }
      this.#isStarted = true
      this.on('data', (chunk) => this.#sink?.onChunk(chunk))
      this.on('end', () => {
        const reader = this.#sink
        this.#sink = null
        this.isBodyTaken = true
        reader?.onEnd()
      })
      return; this.read(0)`,
      },
      {
        file: 'services/ingest/src/http/messages.ts',
        find: 'if (sink === null) return super.push(chunk, encoding)',
        replace: 'return super.push(chunk, encoding)',
      },
      {
        file: 'services/ingest/src/http/messages.ts',
        find: 'return this.isBodyTaken || Reflect.get(',
        replace: 'return Reflect.get(',
      },
    ],
  },
  {
    name: 'short bodies are read without a look at what they may need',
    why: 'with the two others of its kind it was worth 7 % of a single event, for 11 lines in all',
    loads: ANY,
    lines: [
      {
        file: 'services/ingest/src/request/read-call.ts',
        from: 'const isShort =',
        until: '? callOf(parts, arrival, sent)',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/request/read-call.ts',
        find: "arrival.key !== null && arrival.encoding === 'identity' && !isLongBody(sent.length, limits)",
        replace: 'false',
      },
    ],
  },
  {
    name: 'small bodies of gzip are inflated at once',
    why: 'zlib’s threads and streams cost more than the inflating; it takes no more memory than a body says that it needs, and that is bounded',
    loads: ['gzip batches of 100'],
    lines: [{ file: 'services/ingest/src/request/inflate-small.ts' }],
    without: [
      {
        file: 'services/ingest/src/request/inflate.ts',
        find: 'announced === null ? null : gunzipIfSmall(bytes, announced, maxBytes)',
        replace: 'null',
      },
    ],
  },
  {
    name: 'the answer to accepted events is made as text',
    why: 'an object for each result of a batch, which JSON.stringify reads again',
    loads: ANY,
    lines: [
      { file: 'services/ingest/src/track/all-accepted.ts' },
      {
        file: 'services/ingest/src/track/track.ts',
        from: 'if (isAllAccepted(judged',
        until: 'const fates = fatesOf(',
      },
      {
        file: 'services/ingest/src/track/answer.ts',
        from: 'function answerAllAccepted(',
        until: 'function answerResults(',
      },
    ],
    without: [
      {
        file: 'services/ingest/src/track/track.ts',
        find: '    countAccepted(tools, judged.length)\n    return { judged, results: null, limit }',
        replace:
          '    const made = fatesOf(tools, admitted, outcomes).results\n' +
          '    countOutcomes(tools.metrics, made)\n' +
          '    return { judged, results: null, limit, made }',
      },
      {
        file: 'services/ingest/src/track/answer.ts',
        find: 'answerAllAccepted(parts: AnswerParts, { judged, limit }: Settled',
        replace: 'answerAllAccepted(parts: AnswerParts, { judged, limit, made }: Settled',
      },
      {
        file: 'services/ingest/src/track/answer.ts',
        find: 'const text = allAcceptedText(judged, options)',
        replace: 'const text = JSON.stringify(answerAccepted(made, options).body)',
      },
    ],
  },
  {
    name: 'the head of an answer is made of the one before',
    why: 'a dozen headers would be checked and joined again; it writes `_header`, because Node has no public way to send a head that is written already',
    loads: ANY,
    lines: [{ file: 'services/ingest/src/track/accepted-head.ts' }],
    without: [
      {
        file: 'services/ingest/src/track/accepted-head.ts',
        find: 'const isUsual = !isDraining && hasUsualHead(response) && Object.keys(headers).length === 0',
        replace: 'const isUsual = false',
      },
    ],
  },
]
