import { FAMILIES } from '../../test/hostile/families.ts'
import type { Input } from '../../test/hostile/input.ts'
import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { keyHeader, type Headers } from './requests.ts'

const SEED = 1
const PER_SECOND = 200
const SCALE = 0.2

/** The inputs of the battery of bad input, one family each, by somebody with a key. */
export const familyAttacks: readonly Attack[] = Object.entries(FAMILIES).map(([name, make]) => ({
  name: `family-${name}`,
  sends: `${PER_SECOND} a second: the family \`${name}\` of test/hostile`,
  isKeyed: true,
  seconds: 10,
  prepare: () => {
    // An answer to HEAD says the length of a body that does not come.
    const inputs = make(SEED, SCALE).filter(({ method }) => method !== 'HEAD')
    return (hands) => {
      const requests = inputs.map((input) => requestOfInput(input, keyHeader(hands.target)))
      const request = (n: number): Buffer => requests[n % requests.length] ?? Buffer.alloc(0)
      return flood(hands, { perSecond: PER_SECOND, connections: 64, request })
    }
  },
}))

function requestOfInput({ path = '/track', method = 'POST', headers, body }: Input, key: Headers) {
  const all = { Host: 'x', ...key, ...headers, 'content-length': String(body.length) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}
