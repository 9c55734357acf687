import type { Attack, Hands } from './attack.ts'
import { hold, type Holding } from './hold.ts'
import { headOf, keyHeader, requestOf, SDK_PATH } from './requests.ts'
import { strike } from './strike.ts'

const MEBIBYTE = 1_024 ** 2

function holding(name: string, sends: string, how: Holding): Attack {
  return { name, sends, isKeyed: false, prepare: () => (hands) => hold(hands, how) }
}

const AN_ANSWER = Buffer.from(headOf('/track', {}, 'GET'))
/** As much as somebody may send whose key is not known. */
const LONG_HEAD = headOf(SDK_PATH, { 'Content-Length': String(MEBIBYTE) })
const TWENTY_REQUESTS = requestOf('/track', '{}').toString('latin1').repeat(20)
const UNENDED_HEAD = `POST ${SDK_PATH} HTTP/1.1\r\nHost: x\r\n`

/** Connections that stay, come and go, or do not listen. */
export const connectionAttacks: readonly Attack[] = [
  holding('idle-connections', '5,000 connections that wait after an answer', {
    count: 5_000,
    first: AN_ANSWER,
  }),
  holding('silent-connections', '5,000 connections that say nothing', { count: 5_000 }),
  holding('slow-headers', '1,000 connections that send a header a second', {
    count: 1_000,
    first: UNENDED_HEAD,
    drip: { everyMs: 1_000, part: (n) => `X-${n}: 1\r\n` },
  }),
  holding('slow-bodies', '1,000 connections that send a byte of a body a second', {
    count: 1_000,
    first: LONG_HEAD,
    drip: { everyMs: 1_000, part: () => ' ' },
  }),
  holding('bodies-without-end', '100 connections that send all but the end of 1 MiB, and wait', {
    count: 100,
    first: Buffer.concat([Buffer.from(LONG_HEAD), Buffer.alloc(MEBIBYTE - 1, ' ')]),
  }),
  {
    name: 'bodies-without-end-with-key',
    sends: '20 connections that send all but the end of 5 MiB, and wait',
    isKeyed: true,
    prepare: () => (hands) => {
      const head = headOf(SDK_PATH, {
        ...keyHeader(hands.target),
        'Content-Length': String(5 * MEBIBYTE),
      })
      const first = Buffer.concat([Buffer.from(head), Buffer.alloc(5 * MEBIBYTE - 1, ' ')])
      return hold(hands, { count: 20, first })
    },
  },
  holding('pages-never-read', '20 connections that ask 90 times for 1.5 MB and read nothing', {
    count: 20,
    requests: 90,
    first: Buffer.from(headOf('/docs/swagger-ui-bundle.js', {}, 'GET').repeat(90)),
    isDeaf: true,
  }),
  holding('answers-never-read', '50 connections that send 20 requests a second and read nothing', {
    count: 50,
    drip: { everyMs: 1_000, requests: 20, part: () => TWENTY_REQUESTS },
    isDeaf: true,
  }),
  holding('deaf-connections', '5,000 connections that ask for 1.5 MB and read nothing', {
    count: 5_000,
    first: headOf('/docs/swagger-ui-bundle.js', {}, 'GET'),
    isDeaf: true,
  }),
  striking('connect-and-leave', '500 a second: a connection that is closed at once', 500, {
    parts: [],
    ending: 'end',
  }),
  striking('reset-in-the-middle', '200 a second: half a body of 200 KB, then a reset', 200, {
    parts: [LONG_HEAD, Buffer.alloc(100_000, ' ')],
    ending: 'reset',
  }),
  striking('half-closed', '200 a second: a request, then no more from this side', 200, {
    parts: [requestOf(SDK_PATH, '{}')],
    ending: 'end',
  }),
  striking('half-a-body', '200 a second: half a body, then no more from this side', 200, {
    parts: [LONG_HEAD, '['],
    ending: 'end',
  }),
]

function striking(
  name: string,
  sends: string,
  perSecond: number,
  how: { readonly parts: readonly (Buffer | string)[]; readonly ending: 'end' | 'reset' },
): Attack {
  const run = (hands: Hands): Promise<void> =>
    strike(hands, {
      perSecond,
      atOnce: 512,
      maxMs: 5_000,
      ending: how.ending,
      parts: () => how.parts,
    })
  return { name, sends, isKeyed: false, prepare: () => run }
}
