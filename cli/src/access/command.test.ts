import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import type { AccountRequest } from './account.ts'
import { accountCommand } from './command.ts'

async function parse(...args: readonly string[]): Promise<readonly AccountRequest[]> {
  const asked: AccountRequest[] = []
  const command = accountCommand((request) => {
    asked.push(request)
    return Promise.resolve()
  })
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  }
  await command.parseAsync(args, { from: 'user' })
  return asked
}

test('an account is named by any text', async () => {
  const groupId = `it's "a" \\ \`b\`\n-- ${'é'.repeat(200)}`
  const by = undefined
  assert.deepEqual(await parse('add', '--group', groupId), [{ action: 'add', groupId, by }])
  assert.deepEqual(await parse('remove', '--group', 'a'), [{ action: 'remove', groupId: 'a', by }])
  assert.deepEqual(await parse('list'), [{ action: 'list' }])
})

test('what is missing or too much is refused', async () => {
  const wrong = [
    ['add'],
    ['add', '--group', ''],
    ['add', '--group', 'a'.repeat(257)],
    ['list', 'x'],
    ['other'],
  ]
  for (const args of wrong) {
    await assert.rejects(parse(...args), (error) => error instanceof CommanderError, args.join(' '))
  }
})
