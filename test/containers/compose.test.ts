// docker-compose.yml as its users meet it. The tests share one project and follow each other.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sampleEvents } from '../../tools/samples.ts'
import { whyNoContainers } from '../support/containers.ts'
import { eventually } from '../support/eventually.ts'
import { openCompose, type Compose } from './compose.ts'
import { startSending } from './sender.ts'

const ours = ['ingest', 'consumer']
const services = ['kafka', 'registry', 'clickhouse', ...ours]
const skip = (await whyNoContainers()) ?? false

describe('docker compose', { skip, timeout: 840_000 }, () => {
  let project: Compose
  before(async () => {
    project = await openCompose()
    await project.compose('up', '-d', '--wait')
  })
  after(() => project?.[Symbol.asyncDispose]())

  test('when `up --wait` returns, events are accepted and become rows', async () => {
    for (const body of sampleEvents) {
      const answer = await project.post(body)
      assert.equal(answer.status, 200, await answer.text())
    }
    await eventually(async () => {
      assert.deepEqual(
        await project.query('SELECT event, group_id FROM tracked ORDER BY timestamp'),
        [
          { event: 'custom.event_example', group_id: 'account_123' },
          { event: 'subscription_upgraded', group_id: 'account_789' },
          { event: 'feature_used', group_id: 'account_456' },
        ],
      )
    })
  })

  test('every port is published on 127.0.0.1 alone, and the ops ports are not', async () => {
    const lines = await project.docker(
      'inspect',
      '-f',
      '{{json .NetworkSettings.Ports}}',
      ...services.map((service) => project.nameOf(service)),
    )
    const ports = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, readonly { HostIp: string }[] | null>)
    const published = ports.flatMap((each) =>
      Object.entries(each).flatMap(([port, bindings]) =>
        (bindings ?? []).map(({ HostIp }) => `${port} on ${HostIp}`),
      ),
    )
    assert.deepEqual(published.toSorted(), [
      '3000/tcp on 127.0.0.1',
      '8080/tcp on 127.0.0.1',
      '8123/tcp on 127.0.0.1',
      '9092/tcp on 127.0.0.1',
    ])
  })

  for (const service of ours) {
    test(`${service} runs without root, capabilities or a writable file system`, async () => {
      const status = await project.compose('exec', service, 'cat', '/proc/1/status')
      assert.match(status, /^Uid:\s+1000\s+1000\s/m)
      assert.match(status, /^CapBnd:\s+0+$/m)
      assert.match(status, /^NoNewPrivs:\s+1$/m)
      await assert.rejects(project.compose('exec', service, 'touch', '/app/x'), /Read-only/)
    })
  }

  test('three consumers share the partitions evenly', async () => {
    await project.compose('up', '-d', '--wait', '--no-recreate', '--scale', 'consumer=3')
    const assignments = async (): Promise<readonly (readonly string[])[]> => {
      const ids = (await project.compose('ps', '-q', 'consumer')).trim().split('\n')
      return Promise.all(ids.map(async (id) => lastAssignment(await project.docker('logs', id))))
    }
    await eventually(async () => {
      const found = await assignments()
      const tracked = found.map((each) =>
        each.filter((name) => name.startsWith('events.tracked.v1/')),
      )
      assert.deepEqual(
        tracked.map((each) => each.length),
        [4, 4, 4],
      )
      assert.equal(new Set(tracked.flat()).size, 12)
    })
    await using sender = startSending(project)
    await sender.untilAccepting()
    await project.compose('up', '-d', '--wait', '--no-recreate', '--scale', 'consumer=1')
    await sender.verify()
  })

  test('a restart of each service in turn loses and doubles nothing', async () => {
    await using sender = startSending(project)
    for (const service of services) {
      await project.compose('restart', service)
      await project.untilHealthy(service)
      await sender.untilAccepting()
    }
    await sender.verify()
  })

  test('kill -9 of each service in turn loses and doubles nothing', async () => {
    await using sender = startSending(project)
    for (const service of services) {
      await project.compose('kill', '-s', 'KILL', service)
      await project.compose('start', service)
      await project.untilHealthy(service)
      await sender.untilAccepting()
    }
    await sender.verify()
  })

  test('cut off from ClickHouse, the consumer says so, and catches up without loss', async () => {
    await using sender = startSending(project)
    const cable = [networkOf(project, 'clickhouse'), project.nameOf('consumer')]
    await sender.untilAccepting()
    await project.docker('network', 'disconnect', ...cable)
    await untilUnhealthy(project, 'consumer')
    await sender.untilAccepting()
    await project.docker('network', 'connect', ...cable)
    await sender.verify()
    await project.untilHealthy('consumer')
  })

  test('cut off from Kafka, ingest accepts nothing, and nothing is lost or doubled', async () => {
    await using sender = startSending(project)
    const cable = [networkOf(project, 'kafka'), project.nameOf('ingest')]
    await sender.untilAccepting()
    await project.docker('network', 'disconnect', ...cable)
    await untilUnhealthy(project, 'ingest')
    const acceptedBefore = sender.accepted
    const answer = await project.post(sampleEvents[0] ?? '')
    assert.equal(answer.status, 503, await answer.text())
    assert.equal(sender.accepted, acceptedBefore)
    await project.docker('network', 'connect', ...cable)
    await sender.untilAccepting()
    await sender.verify()
  })

  test('SIGTERM ends both services by themselves, with 0', async () => {
    await project.compose('stop', ...ours)
    const names = ours.map((service) => project.nameOf(service))
    const codes = await project.docker('inspect', '-f', '{{.State.ExitCode}}', ...names)
    assert.equal(codes, '0\n0\n')
  })

  test('`down` and `up` keep the data and the place in Kafka', async () => {
    // Not rows of `events`: a merge may take copies of an event away at any time.
    const state = `SELECT count() AS events, max(kafka_offset) AS last,
      (SELECT count() - uniqExact(kafka_partition, kafka_offset) FROM events) AS readTwice FROM tracked`
    await project.compose('start', ...ours)
    const kept = await project.query(state)
    await project.compose('down')
    await project.compose('up', '-d', '--wait')
    assert.deepEqual(await project.query(state), kept)
    await using sender = startSending(project)
    await sender.untilAccepting()
    await sender.verify()
  })

  test('the profiles parse, with every image pinned', async () => {
    const config = await project.compose('--profile', '*', 'config', '--images')
    const images = config.trim().split('\n')
    assert.equal(images.length, 9)
    for (const image of images) assert.match(image, /:(?!latest)[\w.-]+$/)
  })
})

function lastAssignment(logs: string): readonly string[] {
  const lines = logs.split('\n').filter((line) => line.includes('"partitions assigned"'))
  const last = JSON.parse(lines.at(-1) ?? '{}') as { partitions?: readonly string[] }
  return last.partitions ?? []
}

function networkOf(project: Compose, name: string): string {
  return project.nameOf(name).replace(/-([a-z]+)-1$/, '_$1')
}

async function untilUnhealthy(project: Compose, service: string): Promise<void> {
  await eventually(
    async () => {
      const state = await project.docker(
        'inspect',
        '-f',
        '{{.State.Health.Status}}',
        project.nameOf(service),
      )
      assert.equal(state.trim(), 'unhealthy')
    },
    { withinMs: 120_000, everyMs: 500 },
  )
}
