import assert from 'node:assert/strict'
import { test } from 'node:test'
import { javaMajor } from './prerequisites.ts'

test('the major version of Java is read from old and new version texts', () => {
  const versions = ['1.8.0_392', '11.0.2', '17.0.15', '25-ea', '21', 'unknown']
  assert.deepEqual(versions.map(javaMajor), [8, 11, 17, 25, 21, 0])
})
