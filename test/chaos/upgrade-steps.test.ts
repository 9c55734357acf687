import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { HERE, makesClaims } from '../../chaos/upgrade/release.ts'
import { earlierAmong, sessionOf, stepsOf, versionsAfter } from '../../chaos/upgrade/steps.ts'

const fleet = {
  consumers: ['consumer-1', 'consumer-2', 'consumer-3'],
  ingests: ['ingest-1', 'ingest-2'],
}
const claimless = { makesClaims: false }
const claiming = { makesClaims: true }

test('an upgrade goes in the order that the docs give, one goes back and comes again, and all end new', () => {
  const steps = stepsOf(7, fleet, claimless)
  const told = steps.map((step) => (step.kind === 'roll' ? `${step.name} ${step.to}` : step.kind))
  assert.deepEqual(told, [
    'setup',
    'consumer-1 new',
    'grow',
    'consumer-2 new',
    'consumer-3 new',
    'ingest-1 new',
    'ingest-2 new',
    'ingest-1 old',
    'consumer-1 old',
    'consumer-1 new',
    'ingest-1 new',
  ])
  assert.deepEqual([...new Set(versionsAfter(steps, fleet).values())], ['new'])
  assert.equal(versionsAfter(steps.slice(0, 2), fleet).get('consumer-2'), 'old')
})

test('whoever is killed is somebody else, and the seed says who', () => {
  for (let seed = 0; seed < 50; seed++) {
    const kills = stepsOf(seed, fleet, claimless).flatMap((step) =>
      step.kind === 'roll' && step.killed !== null ? [step] : [],
    )
    assert.equal(kills.length, 5)
    assert.ok(kills.every(({ name, killed }) => name !== killed))
    assert.deepEqual(stepsOf(seed, fleet, claimless), stepsOf(seed, fleet, claimless))
  }
})

test('from a release whose members make claims nobody is earlier, and growing is not refused', () => {
  const steps = stepsOf(7, fleet, claiming)
  assert.deepEqual(steps, stepsOf(7, fleet, claimless).filter(({ kind }) => kind !== 'grow')) // prettier-ignore
  const half = versionsAfter(steps.slice(0, 2), fleet)
  assert.deepEqual([earlierAmong(half, fleet, claimless), earlierAmong(half, fleet, claiming)], [2, 0]) // prettier-ignore
  const sessions = (['old', 'new'] as const).flatMap((version) =>
    [claimless, claiming].map((abilities) => sessionOf(version, abilities)),
  )
  assert.deepEqual(
    sessions.map(({ KAFKA_SESSION_TIMEOUT_MS: ms }) => ms),
    ['30000', '6000', '6000', '6000'],
  )
})

test('whether members make claims is asked of the code', () => {
  assert.equal(makesClaims(HERE.folder), true)
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  try {
    assert.equal(makesClaims(folder), false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
