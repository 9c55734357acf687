import { compressedBodies, editedBodies, randomBodies } from './families/bytes.ts'
import { generatedDocuments, suiteAsBody, suiteInProperties } from './families/documents.ts'
import { lists, wrongTypes } from './families/envelopes.ts'
import { hostileHeaders, hostilePaths } from './families/requests.ts'
import { naughtyEverywhere } from './families/strings.ts'
import { timestamps } from './families/times.ts'
import type { Input } from './input.ts'

/** Makes the inputs of a family; `scale` multiplies what is generated, corpora are the same in each run. */
type MakeFamily = (seed: number, scale: number) => readonly Input[]

function generated(
  make: (seed: number, count: number) => readonly Input[],
  base: number,
): MakeFamily {
  return (seed, scale) => make(seed, Math.round(base * scale))
}

/** Every family, by a name for the command line. */
export const FAMILIES: Readonly<Record<string, MakeFamily>> = {
  'suite-as-body': () => suiteAsBody(),
  'suite-in-properties': suiteInProperties,
  'naughty-strings': naughtyEverywhere,
  documents: generated(generatedDocuments, 5_000),
  timestamps: generated(timestamps, 2_500),
  'edited-bodies': generated(editedBodies, 3_500),
  'random-bodies': generated(randomBodies, 800),
  'compressed-bodies': generated(compressedBodies, 1_500),
  lists: generated(lists, 1_500),
  'wrong-types': generated(wrongTypes, 1_500),
  headers: generated(hostileHeaders, 1_200),
  paths: generated(hostilePaths, 800),
}

/** Every family in turn, so that the whole need not be held at once. */
export function* allFamilies(seed: number, scale: number): Generator<readonly Input[]> {
  for (const [at, make] of Object.values(FAMILIES).entries()) {
    yield make(seed + Math.max(0, at - 1), scale)
  }
}
