import assert from 'node:assert/strict'
import { test } from 'node:test'
import { erasedKey, ID_KINDS } from '@custom-events/event'
import { CommanderError } from 'commander'
import { accountCommand } from '../access/command.ts'
import { destroyKeysCommand } from '../destroy-keys/command.ts'
import { eraseCommand } from './command.ts'
import { idOf, keysOver, type Named } from './request.ts'

/** Two UTF-16 units each. */
const EMOJI = '\u{1f600}'

/** Runs a command that names somebody. @returns what it was asked to do. */
async function asked(name: 'erase' | 'destroy-keys' | 'account', args: readonly string[]) {
  const requests: unknown[] = []
  const run = async (request: unknown): Promise<void> => void requests.push(request)
  const make = {
    erase: () => eraseCommand(run),
    'destroy-keys': () => destroyKeysCommand(run),
    account: () => accountCommand(run),
  }
  const command = make[name]()
  const said: string[] = []
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeErr: (text) => said.push(text) })
  }
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) throw new Error(said.join(''), { cause: error })
    throw error
  }
  return requests
}

test('an id has as many characters as ingest takes, whatever they are', async () => {
  const longest = EMOJI.repeat(256)
  const refusal = /expected at most 256 characters, got 257: no id has more/
  for (const kind of ID_KINDS) {
    const flag = `--${kind}`
    for (const name of ['erase', 'destroy-keys'] as const) {
      assert.equal((await asked(name, [flag, longest])).length, 1, `${name} ${flag}`)
      await assert.rejects(asked(name, [flag, `${longest}a`]), refusal, `${name} ${flag}`)
      await assert.rejects(asked(name, [flag, '']), /is empty/)
    }
  }
  assert.equal((await asked('account', ['add', '--group', longest])).length, 1)
  await assert.rejects(asked('account', ['add', '--group', `${longest}a`]), refusal)
})

test('who does it can be said wherever a command is written down', async () => {
  const by = (requests: readonly unknown[]): unknown =>
    requests.map((request) => (request as { readonly by?: unknown }).by)
  const named = ['--by', 'maria']
  assert.deepEqual(by(await asked('erase', ['--user', 'u', ...named])), ['maria'])
  assert.deepEqual(by(await asked('destroy-keys', ['--user', 'u', ...named])), ['maria'])
  for (const action of ['add', 'remove']) {
    assert.deepEqual(by(await asked('account', [action, '--group', 'g', ...named])), ['maria'])
  }
})

test('an erasure of the person, or of the account, reaches a person within an account, and not the other way round', () => {
  const within = { kind: 'user', id: 'u', within: 'g' } as const
  const everywhere = { kind: 'user', id: 'u', within: null } as const
  const account = { kind: 'group', id: 'g', within: null } as const
  const keyOf = (target: Named): string => erasedKey(idOf(target))
  assert.deepEqual([...keysOver(within)], [within, everywhere, account].map(keyOf))
  assert.deepEqual([...keysOver(everywhere)], [keyOf(everywhere)])
  assert.deepEqual([...keysOver(account)], [keyOf(account)])
})
