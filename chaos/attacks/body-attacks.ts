import { brotliCompressSync } from 'node:zlib'
import type { Attack } from './attack.ts'
import { flood } from './flood.ts'
import { headOf, requestOf, SDK_PATH } from './requests.ts'
import { strike } from './strike.ts'

const MEBIBYTE = 1_024 ** 2

/** Bodies that are small to send and large to hold or to judge. */
export const bodyAttacks: readonly Attack[] = [
  {
    name: 'chunks-of-one-byte',
    sends: '3 bodies of 1-byte chunks at once, 18 MB on the wire each',
    isKeyed: false,
    prepare: () => {
      const head = headOf(SDK_PATH, { 'Transfer-Encoding': 'chunked' })
      const block = Buffer.from('1\r\n \r\n'.repeat(20_000))
      const parts = [head, ...Array.from({ length: 150 }, () => block)]
      return (hands) => strike(hands, { perSecond: 3, atOnce: 3, parts: () => parts })
    },
  },
  {
    name: 'brotli-of-brackets',
    sends: '20 bodies a second of some 14 bytes of brotli, 5 MiB of `[` each',
    isKeyed: false,
    prepare: () => {
      const body = brotliCompressSync('['.repeat(5 * MEBIBYTE - 1))
      const request = requestOf(SDK_PATH, body, { 'Content-Encoding': 'br' })
      return (hands) => flood(hands, { perSecond: 20, connections: 64, request: () => request })
    },
  },
]
