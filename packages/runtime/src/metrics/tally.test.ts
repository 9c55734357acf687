import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Counter, Histogram } from 'prom-client'
import { tallyCounter, tallyHistogram } from './tally.ts'

test('a counter in plain numbers says what one of prom-client says, whenever it is read', async () => {
  const step = fc.record({ status: fc.constantFrom('200', '400', 'gone'), count: fc.nat(50) })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step)), async (rounds) => {
      const make = () =>
        new Counter({ name: 'a', help: 'a', labelNames: ['status'], registers: [] })
      const [plain, tallied] = [make(), tallyCounter(make(), 'status')]
      for (const steps of rounds) {
        for (const { status, count } of steps) {
          for (const counter of [plain, tallied]) counter.inc({ status }, count)
        }
        const valueOf = async (counter: Counter) =>
          (await counter.get()).values.toSorted((a, b) =>
            String(a.labels['status']).localeCompare(String(b.labels['status'])),
          )
        assert.deepEqual(await valueOf(tallied), await valueOf(plain))
      }
    }),
  )
})

test('a counter without labels counts by one, or by what it is told, never down', async () => {
  const counter = tallyCounter(new Counter({ name: 'a', help: 'a', registers: [] }), null)
  counter.inc()
  counter.inc(3)
  assert.throws(() => counter.inc(-1), /not possible to decrease/)
  assert.deepEqual((await counter.get()).values, [{ value: 4, labels: {} }])
})

test('a histogram in plain numbers says what one of prom-client says, whenever it is read', async () => {
  const value = fc.oneof(
    fc.constantFrom(0, 0.5, 1, 2, 3),
    fc.double({ min: 0, max: 4, noNaN: true }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(value)), async (rounds) => {
      const make = () =>
        new Histogram({ name: 'a', help: 'a', buckets: [0.5, 1, 2], registers: [] })
      const [plain, tallied] = [make(), tallyHistogram(make())]
      for (const values of rounds) {
        for (const each of values) for (const histogram of [plain, tallied]) histogram.observe(each)
        const [expected, got] = [await plain.get(), await tallied.get()]
        assert.equal(got.values.length, expected.values.length)
        for (const [
          at,
          { labels, metricName, value: expectedValue },
        ] of expected.values.entries()) {
          const { value: gotValue, ...rest } = got.values[at] ?? assert.fail()
          assert.deepEqual([rest.labels, rest.metricName], [labels, metricName])
          assert.ok(Math.abs(gotValue - expectedValue) < 1e-9) // sums are added up in another order
        }
      }
    }),
  )
})
