import { EVENT_CODES } from '../codes.ts'
import { scanValue, type Member } from '../json-scan.ts'
import { pointerOf } from '../pointer.ts'
import type { Problem } from '../problem.ts'
import type { PiiPath } from './inspect.ts'

/** Stands for a value that was not kept; JSON text. */
export const PII_PLACEHOLDER = '"[pii]"'

/**
 * The JSON text of an event with the values of these properties replaced. Everything else stays byte
 * for byte; a value that is no object where the path goes on is replaced as a whole.
 *
 * @param start where the event begins in `text`, `end` is behind it.
 */
export function redactPii(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  paths: readonly PiiPath[],
): string {
  const ranges = paths.flatMap((path) => findRanges(text, start, ['properties', ...path]))
  let redacted = ''
  let at = start
  for (const { start: from, end: to } of ranges.toSorted(
    (left, right) => left.start - right.start,
  )) {
    if (from < at) continue // inside a range that is replaced already
    redacted += text.slice(at, from) + PII_PLACEHOLDER
    at = to
  }
  return redacted + text.slice(at, end)
}

type Range = Pick<Member, 'start' | 'end'>

/** A key may be there twice: both are found. */
function findRanges(text: string, start: number, path: readonly string[]): readonly Range[] {
  const [key, ...deeper] = path
  return scanValue(text, '', start).members.flatMap((member): readonly Range[] => {
    if (member.key !== key) return []
    const goesOn = deeper.length > 0 && text[member.start] === '{'
    return goesOn ? findRanges(text, member.start, deeper) : [member]
  })
}

/**
 * The problem without anything of a value that is marked: at the property only the code and what was
 * expected, of what lies deeper not even its key.
 *
 * @param base pointer of `properties` in the body.
 */
export function maskProblem<P extends Problem>(
  problem: P,
  base: string,
  paths: readonly PiiPath[],
): P {
  for (const path of paths) {
    const pointer = pointerOf(base, ...path)
    const isAt = problem.pointer === pointer
    if (!isAt && !problem.pointer.startsWith(`${pointer}/`)) continue
    const detail = isAt ? problem.detail : EVENT_CODES[problem.code].title
    const got = problem.got === null || problem.got === 'nothing' ? problem.got : HIDDEN
    return { ...problem, pointer, detail, got, suggestion: null }
  }
  return problem
}

const HIDDEN = 'not shown: personal data'
