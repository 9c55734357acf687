// Whoever looks for processes finds those that are there, whatever ends meanwhile.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { descendants, isAlive, onOneWalk, readIfThere } from '../support/processes.ts'

test('a walk on which something vanished is no answer, and is begun again', () => {
  let walks = 0
  const found = onOneWalk((onVanished) => {
    walks += 1
    if (walks < 3) onVanished()
    return walks
  })
  assert.equal(found, 3)
  assert.throws(
    () => onOneWalk((onVanished) => onVanished()),
    /processes ended on each of 200 looks/,
  )
})

test('a grandchild is found each time while others come and go beside it', async () => {
  const script =
    'sleep 60 & echo $!; i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done; wait'
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const exited = once(shell, 'exit')
  try {
    const [line]: readonly unknown[] = await once(shell.stdout, 'data')
    const sleeper = Number(String(line))
    for (let look = 0; look < 50; look++) {
      const found = descendants(process.pid)
      assert.ok(
        found.includes(sleeper) && found.includes(shell.pid ?? 0),
        `${look}: ${found.join()}`,
      )
    }
    assert.equal(isAlive(sleeper), true)
    process.kill(-(shell.pid ?? 0), 'SIGKILL')
    await exited
    await eventually(() => assert.equal(isAlive(sleeper), false))
    assert.deepEqual(descendants(process.pid), [])
  } finally {
    shell.kill('SIGKILL')
  }
})

test('what is gone is null, and anything else is told', () => {
  assert.equal(readIfThere('/proc/1073741823/stat'), null)
  assert.throws(() => readIfThere('/proc/self'), { code: 'EISDIR' })
})
