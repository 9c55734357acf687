import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'run-'))
after(() => rmSync(folder, { recursive: true }))

/** A service that needs 1.6 s to drain, longer than any check of the wrapper. */
const file = join(folder, 'service.mjs')
writeFileSync(
  file,
  `import { setTimeout as delay } from 'node:timers/promises'
   import { createLogger, runService } from ${JSON.stringify(import.meta.resolve('@custom-events/runtime'))}
   await runService(async (resources) => {
     const alive = setInterval(() => {}, 1_000)
     resources.defer(async () => {
       process.stdout.write('draining\\n')
       await delay(1_600)
       clearInterval(alive)
       process.stdout.write('closed\\n')
     })
     setImmediate(() => process.stdout.write('running\\n'))
     return { log: createLogger({ service: 'test', level: 'fatal' }), shutdownTimeoutMs: 10_000 }
   })`,
)

async function running(command: string, args: readonly string[]) {
  const { npm_lifecycle_event: _none, ...env } = process.env // as started by systemd
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  const ended = once(child.stdout, 'end')
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.includes('running')) resolve()
    })
  })
  return { child, output: () => out, ended }
}

const wrapped = ['tools/run.mjs', relative(root, file)]

/** The processes of a control group, as systemd knows them: child processes in groups of their own too. */
function familyOf({ pid = 0 }: ChildProcess): readonly number[] {
  const family = [pid]
  for (const parent of family) {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    family.push(...children.split(' ').filter(Boolean).map(Number))
  }
  return family
}

for (const signals of [['SIGTERM'], ['SIGTERM', 'SIGHUP'], ['SIGINT', 'SIGTERM']] as const) {
  test(`${signals.join(' and ')} to every process of a service is one request to end`, async () => {
    const { child, output } = await running(process.execPath, wrapped)
    const family = familyOf(child)
    assert.ok(family.length >= 2, 'the wrapper and the program')
    for (const signal of signals) for (const pid of family) process.kill(pid, signal)
    const [code] = await once(child, 'close')
    assert.deepEqual([code, output()], [0, 'running\ndraining\nclosed\n'])
  })
}

test('a wrapper whose parent died lets the program drain to its end', async () => {
  const shell = ['-c', `"${process.execPath}" ${wrapped.join(' ')} & wait`]
  const { child, output, ended } = await running('sh', shell)
  child.kill('SIGKILL')
  await ended
  assert.equal(output(), 'running\ndraining\nclosed\n')
})

test('a parent that dies of the signal it passed on makes no second signal', async () => {
  const shell = ['-c', `"${process.execPath}" ${wrapped.join(' ')} & wait`]
  const { child, output, ended } = await running('sh', shell)
  for (const pid of familyOf(child)) process.kill(pid, 'SIGTERM')
  await ended
  assert.equal(output(), 'running\ndraining\nclosed\n')
})

test('when nobody reads the output any more, a command works to its end in silence', async () => {
  const done = join(folder, 'done')
  const talker = join(folder, 'talker.mjs')
  writeFileSync(
    talker,
    `import { once } from 'node:events'
     import { writeFileSync } from 'node:fs'
     process.stdout.write('first\\n')
     process.stdin.resume()
     await once(process.stdin, 'end') // nobody reads any more
     for (let line = 0; line < 3; line++) process.stdout.write('more\\n')
     await new Promise((resolve) => setImmediate(resolve))
     writeFileSync(${JSON.stringify(done)}, 'done')`,
  )
  const program = relative(root, talker)
  const child = spawn(process.execPath, ['tools/run.mjs', program], { cwd: root, stdio: 'pipe' })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  child.stdin.end()
  const [code] = await once(child, 'exit')
  assert.deepEqual([code, errors, readFileSync(done, 'utf8')], [0, '', 'done'])
})

/** A checkout in which `npm ci` is a stub that notes when it ran. */
function freshClone(): { readonly clone: string; readonly env: NodeJS.ProcessEnv } {
  const clone = mkdtempSync(join(folder, 'clone-'))
  mkdirSync(join(clone, 'tools'))
  for (const name of ['tools/run.mjs', 'tools/quiet-pipe.mjs']) {
    copyFileSync(join(root, name), join(clone, name))
  }
  writeFileSync(join(clone, 'package-lock.json'), '{}')
  writeFileSync(join(clone, 'program.mjs'), "process.stdout.write('ran')")
  const npm = `#!/bin/sh
    echo begin >> log
    rm -rf node_modules
    sleep 1
    mkdir -p node_modules/node/bin
    ln -s ${process.execPath} node_modules/node/bin/node
    echo '{}' > node_modules/.package-lock.json
    echo end >> log`
  writeFileSync(join(clone, 'npm'), npm, { mode: 0o755 })
  return { clone, env: { ...process.env, PATH: `${clone}:${process.env['PATH']}` } }
}

async function runIn({ clone, env }: ReturnType<typeof freshClone>): Promise<string> {
  const child = spawn(process.execPath, ['tools/run.mjs', 'program.mjs'], { cwd: clone, env })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')
  return output
}

test('three commands in a fresh clone install once, one after another', async () => {
  const made = freshClone()
  const outputs = await Promise.all([runIn(made), runIn(made), runIn(made)])
  assert.deepEqual(outputs, ['ran', 'ran', 'ran'])
  assert.equal(readFileSync(join(made.clone, 'log'), 'utf8'), 'begin\nend\n')
})

test('an installation that was killed holds nobody up', async () => {
  const made = freshClone()
  const dead = spawn('true')
  await once(dead, 'exit')
  writeFileSync(join(made.clone, '.installing'), String(dead.pid))
  assert.deepEqual(await Promise.all([runIn(made), runIn(made)]), ['ran', 'ran'])
  assert.equal(readFileSync(join(made.clone, 'log'), 'utf8'), 'begin\nend\n')
  assert.deepEqual(
    readdirSync(made.clone).filter((name) => name.startsWith('.installing')),
    [],
  )
})

test('who has installed leaves the lock of the next one alone', async () => {
  const made = freshClone()
  const lock = join(made.clone, '.installing')
  const program = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(lock)}, 'another')`
  writeFileSync(join(made.clone, 'program.mjs'), program)
  await runIn(made)
  assert.equal(readFileSync(lock, 'utf8'), 'another')
})
