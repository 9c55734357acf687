import type { Finding } from '../json/json-cursor.ts'
import { reject, type Notes } from './notes.ts'
import { cut } from '../contract/problem.ts'

/** Tells what the scanner found as problems and warnings. */
export function noteFindings(notes: Notes, findings: readonly Finding[]): void {
  for (const { code, pointer, shown } of findings) {
    if (code === 'unsafe_number') {
      notes.warnings.push({
        code,
        pointer,
        detail: `${cut(shown)} is beyond 2^53; it is kept exactly`,
        suggestion: 'send it as a string',
      })
      continue
    }
    reject(notes, code, pointer, EXPLANATIONS[code](cut(shown)))
  }
}

type Explanation = {
  readonly detail: string
  readonly expected: string
  readonly got: string | null
  readonly suggestion: string | null
}

const EXPLANATIONS: Record<
  Exclude<Finding['code'], 'unsafe_number'>,
  (shown: string) => Explanation
> = {
  duplicate_key: (key) => ({
    detail: `the key ${JSON.stringify(key)} is there twice: two programs may read different values`,
    expected: 'each key once in an object',
    got: `${JSON.stringify(key)} again`,
    suggestion: 'send each key once',
  }),
  invalid_unicode: () => ({
    detail: 'half of a surrogate pair stands alone, which is no character',
    expected: 'whole Unicode characters',
    got: null,
    suggestion: 'do not cut strings inside a character',
  }),
  number_out_of_range: (digits) => ({
    detail: 'this number cannot be kept exactly: send it as a string',
    expected: 'whole numbers from -2^63 to 2^64-1, others within the range of a double',
    got: `number ${digits}`,
    suggestion: `send it as a string: ${JSON.stringify(digits)}`,
  }),
  too_deep: () => ({
    detail: 'nested too deeply',
    expected: 'at most 32 objects and arrays inside one another',
    got: null,
    suggestion: 'flatten the value, or send it as a string',
  }),
  too_many_properties: () => ({
    detail: 'too many keys, counted at any depth',
    expected: 'at most 1000 keys',
    got: null,
    suggestion: 'send fewer keys',
  }),
}
