// Rules that look at the text of a statement are worth what we know of how the engine cuts it: so it is asked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clickhouseHeaders } from '@custom-events/embedded'
import { whyNotOfRole } from '../../embedded/src/clickhouse/sql/confined-roles.ts'
import { whyForNobody } from '../../embedded/src/clickhouse/sql/for-nobody.ts'
import { tokensOf } from '../../embedded/src/clickhouse/sql/tokens/tokens.ts'
import { servers } from '../support/servers.ts'

const TEXTS = 6_000
/** What begins or ends something for the engine, may look as if it did, or is a blank of some kind. */
const PIECES =
  "' \" ` \\ $ $a$ $$ -- # #! /* */ // / * x' b' 41 0 1 1. 1e 0x a é _ ; , . @ ? ?? & | < > ! { } ^ ~ − ‘ ’ “ ”"
    .split(' ')
    .concat([
      ' ',
      '\n',
      '\r',
      '\t',
      '\v',
      '\0',
      '# ',
      '\u00a0',
      '\u3000',
      '\u200b',
      '\ufeff',
      '\u001c',
      '\u0001',
    ])

const some = (most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: most })
    .map((each) => each.join(''))

/** Where a token begins and ends, in bytes, and what it is to the engine. */
type EngineToken = readonly [begin: number, end: number, kind: string]

async function tokensOfEngine(
  texts: readonly string[],
): Promise<readonly (readonly EngineToken[])[]> {
  await using stack = await servers()
  const literals = texts.map((text) => `unhex('${Buffer.from(text).toString('hex')}')`).join(',')
  const body = `SELECT arrayMap(t -> (toUInt32(t.1), toUInt32(t.2), toString(t.3)), tokenizeQuery(s)) AS tokens
    FROM (SELECT arrayJoin([${literals}]) AS s)
    SETTINGS max_query_size = 100000000, max_ast_elements = 1000000, max_expanded_ast_elements = 1000000
    FORMAT JSONCompactEachRow`
  const headers = clickhouseHeaders(stack.environment)
  const answer = await fetch(stack.environment.CLICKHOUSE_URL, { method: 'POST', body, headers })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  const rows = text.trimEnd().split('\n')
  return rows.map((row) => (JSON.parse(row) as [EngineToken[]])[0]) // as asked for
}

/** One character per byte, as the front reads a statement. */
const inBytes = (text: string): string => Buffer.from(text).toString('latin1')

function sampled(
  t: { diagnostic(message: string): void },
  texts: fc.Arbitrary<string>,
): readonly string[] {
  const seed = Number(process.env['TOKENS_SEED'] ?? 1)
  t.diagnostic(`seed ${seed}`)
  return fc.sample(texts, { numRuns: TEXTS, seed })
}

/** What may be part of a number, of a name that begins with digits, of an element of a tuple, or of the tag of a heredoc. */
const OF_NUMBERS = '0 1 9 _ e E p x b a . - + ) t $ $'.split(' ').concat([' ', "'", '$ '])
/** What a comment or a text that only one of both sees takes along. */
const BEHIND = ["--'\n;1'", "--'\n';1--'", "';1", "';$ ' $;'", '--";\n;1"']

test('where a statement ends for the engine it ends for us, or it is refused', async (t) => {
  const numbers = fc
    .tuple(
      fc.array(fc.constantFrom(...OF_NUMBERS), { minLength: 1, maxLength: 7 }),
      fc.constantFrom(...BEHIND),
    )
    .map(([one, behind]) => `SELECT ${one.join('')}${behind}`)
  const anything = fc.tuple(some(9), some(4)).map(([one, two]) => `SELECT ${one};${two}`)
  // A quote in what may be a comment: where that is none, all until the next quote is text.
  const hidden = fc
    .tuple(some(2), fc.constantFrom("'", '"', '`'))
    .map(([one, quote]) => `SELECT ${one}${quote}\n;1${quote}`)
  const texts = sampled(t, fc.oneof(anything, hidden, numbers))
  let compared = 0
  for (const [at, tokens] of (await tokensOfEngine(texts)).entries()) {
    const text = inBytes(texts[at] ?? '')
    if (whyForNobody(text) !== undefined) continue
    const ours = new Set(tokensOf(text).flatMap((each) => (each.text === ';' ? [each.start] : [])))
    const readable = tokens.slice(
      0,
      tokens.findIndex(([, , kind]) => kind.startsWith('Error')) >>> 0,
    )
    for (const [begin, , kind] of readable) {
      if (kind !== 'Semicolon') continue
      compared += 1
      assert.ok(ours.has(begin), `at byte ${begin} of ${JSON.stringify(texts[at])}`)
    }
  }
  assert.ok(compared > TEXTS / 10, `${compared} compared`)
})

test('whatever stands between two words for the engine, the front sees SET ROLE', async (t) => {
  const ends = fc.constantFrom('\n', '*/', ' ')
  const texts = sampled(
    t,
    fc.tuple(some(4), ends).map(([one, end]) => `SET${one}${end}ROLE x`),
  )
  let compared = 0
  for (const [at, tokens] of (await tokensOfEngine(texts)).entries()) {
    const bytes = Buffer.from(texts[at] ?? '')
    const said = tokens.filter(([, , kind]) => kind !== 'Whitespace' && kind !== 'Comment')
    const words = said.map(([begin, end]) => bytes.subarray(begin, end).toString())
    if (words.join(' ') !== 'SET ROLE x') continue
    compared += 1
    assert.equal(whyNotOfRole(inBytes(texts[at] ?? ''))?.code, 497, JSON.stringify(texts[at]))
  }
  assert.ok(compared > TEXTS / 40, `${compared} compared`)
})
