import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLog, errorFields, fileLogSink, maximumLogText } from '../../../electron/platform/log.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { FixedClock } from './fixed-clock.ts'

const logged = (write: (log: ReturnType<typeof createLog>) => void): unknown[] => {
  const lines: string[] = []
  write(createLog(new FixedClock(), (line) => lines.push(line)))
  return lines.map((line) => JSON.parse(line) as unknown)
}

test('an event carries its own fields and nothing else', () => {
  const spread = {
    channel: 'keyring.unlock',
    code: 'keyring-locked',
    password: 'canary',
    cause: new Error('canary'),
  }
  expect(logged((log) => log.event('ipc.refused', spread))).toEqual([
    {
      at: '2026-11-22T08:00:00.000Z',
      event: 'ipc.refused',
      channel: 'keyring.unlock',
      code: 'keyring-locked',
    },
  ])
})

test('values that are not plain are dropped, long ones cut', () => {
  const hostile: Record<string, unknown> = { channel: { toJSON: () => 'canary' }, code: 'x'.repeat(500) }
  const [line] = logged((log) => log.event('ipc.refused', hostile))
  expect(JSON.stringify(line)).not.toContain('canary')
  expect(line).toHaveProperty('code', `${'x'.repeat(maximumLogText - 1)}…`)
})

test('a line break can’t begin a second entry', () => {
  const lines: string[] = []
  createLog(new FixedClock(), (line) => lines.push(line)).event('app.stopped', {
    reason: 'a\n{"event":"forged"}',
  })
  expect(lines[0]).not.toContain('\n')
})

test('of an error only code and number are logged', () => {
  const error = new KeyturnError(
    'sql-login-refused',
    { target: 'T', login: 'canary' },
    { vendor: { system: 'sql', number: 18456, text: 'canary' } },
  )
  expect(errorFields(error)).toEqual({ code: 'sql-login-refused', number: 18456 })
  expect(errorFields(new Error('canary'))).toEqual({ code: 'internal' })
})

test('the file is appended to, for this account only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['first', 'second']) {
    const sink = fileLogSink(join(folder, 'a.log'))
    createLog(new FixedClock(), sink).event('app.stopped', { reason: name })
    await sink.close()
  }
  const text = readFileSync(join(folder, 'a.log'), 'utf8')
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { reason: string }).reason),
  ).toEqual(['first', 'second'])
  expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o600)
})
