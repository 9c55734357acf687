import { compressedBodies, editedBodies, randomBodies } from './families/bytes.ts'
import { generatedDocuments, suiteAsBody, suiteInProperties } from './families/documents.ts'
import { lists, wrongTypes } from './families/envelopes.ts'
import { hostileHeaders, hostilePaths } from './families/requests.ts'
import { naughtyEverywhere } from './families/strings.ts'
import { timestamps } from './families/times.ts'
import type { Input } from './input.ts'

/**
 * Every family in turn, so that the whole need not be held at once. The corpora are the same in each
 * run; `scale` multiplies what is generated.
 */
export function* allFamilies(seed: number, scale: number): Generator<readonly Input[]> {
  const count = (base: number): number => Math.round(base * scale)
  yield suiteAsBody()
  yield suiteInProperties(seed)
  yield naughtyEverywhere(seed + 1)
  yield generatedDocuments(seed + 2, count(5_000))
  yield timestamps(seed + 3, count(2_500))
  yield editedBodies(seed + 4, count(3_500))
  yield randomBodies(seed + 5, count(800))
  yield compressedBodies(seed + 6, count(1_500))
  yield lists(seed + 7, count(1_500))
  yield wrongTypes(seed + 8, count(1_500))
  yield hostileHeaders(seed + 9, count(1_200))
  yield hostilePaths(seed + 10, count(800))
}
