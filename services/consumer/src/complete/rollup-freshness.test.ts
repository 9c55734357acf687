import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchRollups } from './rollup-freshness.ts'

const TIMEOUT = { timeout: 10_000 }

/** Looks as often as there are answers; what was told after each, and what was logged. */
async function looksAt(answers: readonly (readonly object[] | Error)[]) {
  const told: (ReadonlyMap<string, number> | null)[] = []
  const logged: string[] = []
  const tell = (_: object, text = ''): void => void logged.push(text)
  const left = [...answers]
  const done = Promise.withResolvers<void>()
  const watch = watchRollups({
    clickhouse: {
      query: async <Row>() => {
        const answer = left.shift()
        if (answer instanceof Error) throw answer
        return (answer ?? []) as Row[]
      },
    },
    log: { warn: tell, info: tell },
    onLook: (behind) => void told.push(behind),
    pause: async () => {
      if (left.length > 0) return
      done.resolve()
      await new Promise(() => {}) // until it is closed
    },
  })
  await done.promise
  await watch[Symbol.asyncDispose]()
  return { told, logged }
}

test(
  'each rollup is told by its name; one that is not filled yet is behind without end',
  TIMEOUT,
  async () => {
    const { told, logged } = await looksAt([
      [
        { name: 'daily', behind: 12.5 },
        { name: 'catalogue', behind: null },
      ],
    ])
    assert.deepEqual(told, [new Map([['daily', 12.5], ['catalogue', Infinity]])]) // prettier-ignore
    assert.deepEqual(logged, [])
  },
)

test('what is not known is told to be so, in the log once for each time', TIMEOUT, async () => {
  const away = new Error('ClickHouse is away')
  const known = [{ name: 'daily', behind: 1 }]
  const { told, logged } = await looksAt([away, away, known, away])
  assert.deepEqual(told, [null, null, new Map([['daily', 1]]), null])
  assert.deepEqual(
    logged.map((text) => text.includes('known again')),
    [false, true, false],
  )
})

test('who stops does not wait for a ClickHouse that never answers', TIMEOUT, async () => {
  const never = new Promise<never>(() => {})
  const log = { warn: () => {}, info: () => {} }
  const watch = watchRollups({ clickhouse: { query: () => never }, log, onLook: () => {} })
  await watch[Symbol.asyncDispose]()
})
