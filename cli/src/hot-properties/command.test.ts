import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { hotPropertiesCommand } from './command.ts'
import type { HotPropertiesRequest } from './run.ts'

async function parsed(...args: readonly string[]): Promise<HotPropertiesRequest | undefined> {
  const requests: HotPropertiesRequest[] = []
  const command = hotPropertiesCommand(async (request) => void requests.push(request))
  command.exitOverride().configureOutput({ writeErr: () => {} })
  await command.parseAsync(args, { from: 'user' })
  return requests[0]
}

test('without --fill it proposes, with it it fills what is named, or all', async () => {
  assert.deepEqual(await parsed(), { days: 7, top: 10, fill: null })
  assert.deepEqual(await parsed('--days', '30', '--top', '3'), { days: 30, top: 3, fill: null })
  assert.deepEqual((await parsed('--fill'))?.fill, [])
  assert.deepEqual((await parsed('--fill', 'plan', 'price'))?.fill, ['plan', 'price'])
})

for (const args of [
  ['--fill', '--days', '30'],
  ['--top', '10', '--fill', 'plan'],
]) {
  test(`an option that would not be read is wrong usage: ${args.join(' ')}`, async () => {
    await assert.rejects(parsed(...args), CommanderError)
  })
}

test('no more than a year and fifty properties', async () => {
  await assert.rejects(parsed('--days', '366'), /expected a whole number from 1 to 365/)
  await assert.rejects(parsed('--top', '0'), /expected a whole number from 1 to 50/)
})
