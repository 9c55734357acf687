import { EVENT_CODES } from '../contract/codes.ts'
import { scanValue, type Member } from '../json/json-scan.ts'
import type { EventInput } from '../normalise/normalise-context.ts'
import { pointerOf } from '../json/pointer.ts'
import type { Problem } from '../contract/problem.ts'
import type { PiiPath } from './marks.ts'

/** Stands for a value that was not kept; JSON text. */
export const PII_PLACEHOLDER = '"[pii]"'

/** An event as it was sent, and why it could not be read. */
type SentEvent = Pick<EventInput, 'text' | 'scanned' | 'fault'>

/**
 * The text of an event as it may be kept: without the values of these properties. What they are is only known of
 * an object that can be read. Of anything else, a line that is cut off or an event inside a string, all is
 * replaced where it might hold one of them.
 */
export function redactEvent(input: SentEvent, paths: readonly PiiPath[]): string {
  const { text, scanned, fault } = input
  const sent = text.slice(scanned.start, scanned.end)
  if (paths.length === 0) return sent
  const isRead = fault === undefined || fault.code === 'number_not_finite'
  if (isRead && text[scanned.start] === '{') return redactPii(text, scanned, paths)
  const isBase64 = fault?.code === 'invalid_utf8'
  const shown = isBase64 ? Buffer.from(sent, 'base64').toString('latin1') : sent
  return mayHold(shown, paths) ? PII_PLACEHOLDER : sent
}

/** Whether one of the names is there, or could be: with an escape a name may look like anything. */
function mayHold(text: string, paths: readonly PiiPath[]): boolean {
  return /\\u/i.test(text) || paths.some((path) => text.includes(path.at(-1) ?? ''))
}

/**
 * The JSON text of an event with the values of these properties replaced. Everything else stays byte
 * for byte; a value that is no object where the path goes on is replaced as a whole.
 *
 * @param start where the event begins in `text`, `end` is behind it.
 */
function redactPii(
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
 * expected, of what lies deeper not even its key; of what should hold the property, and is a text, not that.
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
    const isAround = pointer.startsWith(`${problem.pointer}/`) && problem.pointer.startsWith(base)
    if (isAround) return hideValue(problem)
    if (!isAt && !problem.pointer.startsWith(`${pointer}/`)) continue
    const detail = isAt ? problem.detail : EVENT_CODES[problem.code].title
    const got = problem.got === null || problem.got === 'nothing' ? problem.got : HIDDEN
    return { ...problem, pointer, detail, got, suggestion: null }
  }
  return problem
}

/** The problem without a text or a number that was sent: a text may be a whole event. */
export function hideValue<P extends Problem>(problem: P): P {
  const isValue = /^(?:string|number) /.test(problem.got ?? '')
  return isValue ? { ...problem, got: HIDDEN, suggestion: null } : problem
}

const HIDDEN = 'not shown: personal data'
