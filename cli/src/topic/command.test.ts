import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { topicCommand } from './command.ts'
import type { GrowRequest } from './run.ts'

async function parse(...args: readonly string[]): Promise<GrowRequest | undefined> {
  let request: GrowRequest | undefined
  const command = topicCommand(async (asked) => void (request = asked)).exitOverride()
  for (const each of [command, ...command.commands]) each.configureOutput({ writeErr: () => {} })
  await command.parseAsync(['grow', ...args], { from: 'user' })
  return request
}

test('partitions, what is split and what no longer are asked for, each alone or together', async () => {
  const nothing = { partitions: null, split: [], unsplit: [], isMeant: false, hasConsumers: true }
  assert.deepEqual(await parse('--partitions', '48'), { ...nothing, partitions: 48 })
  assert.deepEqual(await parse('--split', 'a', '--split', 'ü', '--yes'), { ...nothing, split: ['a', 'ü'], isMeant: true }) // prettier-ignore
  assert.deepEqual(await parse('--partitions', '48', '--no-consumers'), { ...nothing, partitions: 48, hasConsumers: false }) // prettier-ignore
  assert.deepEqual(await parse('--unsplit', 'a', '--split', 'b', '--partitions', '64'), { ...nothing, partitions: 64, split: ['b'], unsplit: ['a'] }) // prettier-ignore
})

test('what nobody can mean is refused', async () => {
  for (const args of [
    [],
    ['--yes'],
    ['--partitions', '0'],
    ['--partitions', 'many'],
    ['--split', ''],
    ['--split', 'a'.repeat(257)],
    ['--split', 'a\n'],
    ['--split', 'a', '--unsplit', 'a'],
    ['account_1'],
  ])
    await assert.rejects(parse(...args), (error) => error instanceof CommanderError, args.join(' '))
})
