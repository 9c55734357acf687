import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command, CommanderError } from 'commander'
import { ConfigError } from '@custom-events/runtime'
import { replayCommand } from './command.ts'
import { readReplayConfig } from './config.ts'
import type { ReplayRequest } from './run.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

async function parse(line: string): Promise<{ request: ReplayRequest | null; said: string }> {
  let said = ''
  const program = new Command('custom-events').exitOverride()
  program.configureOutput({ writeErr: (text) => void (said += text) })
  let request: ReplayRequest | null = null
  const run = async (asked: ReplayRequest): Promise<void> => void (request = asked)
  program.addCommand(replayCommand(run, () => NOW).copyInheritedSettings(program))
  try {
    await program.parseAsync(['replay', ...line.split(' ').filter(Boolean)], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
  }
  return { request, said }
}

test('without filters everything is meant, also what came by a clock that was ahead', async () => {
  const { request } = await parse('--from rejected')
  assert.deepEqual(request, {
    from: 'rejected',
    isDryRun: false,
    filter: {
      sinceMs: 0,
      untilMs: Date.UTC(2300, 0, 1) - 1,
      codes: [],
      groupId: null,
      isForced: false,
    },
  })
})

test('every option reaches the filter', async () => {
  const { request } = await parse(
    '--from dead-letters --since 2h --until 1h --code a,b --code c --group-id g --force --dry-run',
  )
  assert.deepEqual(request, {
    from: 'dead-letters',
    isDryRun: true,
    filter: {
      sinceMs: NOW - 7_200_000,
      untilMs: NOW - 3_600_000,
      codes: ['a', 'b', 'c'],
      groupId: 'g',
      isForced: true,
    },
  })
})

for (const [line, expected] of [
  ['--from rejected --codes x', /unknown option '--codes'\n\(Did you mean --code\?\)/],
  ['--form rejected', /unknown option '--form'\n\(Did you mean --from\?\)/],
  ['', /--from dead-letters or --from rejected\?/],
  ['--from events', /Allowed choices are dead-letters, rejected/],
  ['--from rejected now', /too many arguments/],
  ['--from rejected --since soon', /Expected a time such as/],
  ['--from rejected --since 1h --until 2h', /--since lies after --until/],
] as const) {
  test(`refused, with the way out: replay ${line}`, async () => {
    const { request, said } = await parse(line)
    assert.match(said, expected)
    assert.equal(request, null)
  })
}

test('rejected events need to know the write keys, dead letters do not', () => {
  assert.throws(() => readReplayConfig('rejected', {}), ConfigError)
  assert.equal(readReplayConfig('dead-letters', {}).ingest, null)
  assert.equal(readReplayConfig('rejected', { AUTH_MODE: 'off' }).ingest?.writeKeysFile, null)
})
