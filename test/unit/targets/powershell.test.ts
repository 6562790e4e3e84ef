import { asTargetId } from '../../../shared/model/ids.ts'
import { describe, expect, it, vi } from 'vitest'
import { providerKey, type HostCall } from '../../../shared/model/host-calls.ts'
import type { SqlServer } from '../../../electron/ports/sql-server.ts'
import { childEnvironment } from '../../../electron/platform/environment.ts'
import { repliesMark } from '../../../electron/scripts/powershell/script.ts'
import { localHosts } from '../../../electron/targets/powershell/hosts.ts'
import {
  encoded,
  startPowerShell,
  type Ended,
  type StartPowerShell,
} from '../../../electron/targets/powershell/process.ts'
import { simulatedHosts } from '../../../electron/rehearsal/simulated-hosts.ts'

const server: SqlServer = {
  ref: { id: asTargetId('t-1'), kind: 'sqlserver', name: 'SQLPROD-01', environment: 'test' },
  identity: {
    serverName: 'SQLPROD-01',
    machineName: 'SQLPROD-01',
    instanceName: 'MSSQLSERVER',
    certificateSha256: null,
  },
  principal: 'k',
  query: () => Promise.reject(new Error('nothing is asked of the server')),
  session: () => Promise.reject(new Error('nothing is asked of the server')),
  close: () => Promise.resolve(),
}
const clock = { at: '2026-11-25T10:00:00Z', zone: 'UTC', source: null }
const said = (replies: unknown, noise = ''): Ended => ({
  how: 'ended',
  output: `${noise}${repliesMark}${JSON.stringify({ keyturn: 1, replies })}\r\n`,
})

/** A PowerShell that answers with what it is told to and keeps what it was given. */
const hostsWith = (ended: Ended | ((text: string) => Ended)) => {
  const given: string[] = []
  const start: StartPowerShell = async (text) => {
    given.push(text)
    return typeof ended === 'function' ? ended(text) : ended
  }
  return { hosts: localHosts({ platform: 'win32', computer: 'sqlprod-01', start }), given }
}

describe('the Windows host of a server, from this computer', () => {
  it('is reachable only where this computer runs Windows and is the server’s own', async () => {
    expect(localHosts({ platform: 'linux', computer: 'SQLPROD-01' }).reachOf(server)).toMatchObject({
      reachable: false,
    })
    const elsewhere = localHosts({ platform: 'win32', computer: 'LAPTOP-7' })
    expect(elsewhere.reachOf(server)).toMatchObject({
      reachable: false,
      because: expect.stringContaining('SQLPROD-01') as string,
    })
    await expect(elsewhere.run(server, [{ call: 'read-clock' }])).rejects.toMatchObject({
      code: 'host-not-reachable',
    })
    expect(hostsWith(said([])).hosts.reachOf(server)).toEqual({ reachable: true, how: 'this-computer' })
  })

  it('is told by the name that Windows itself gives the computer, as the script that runs there asks for it', () => {
    vi.stubEnv('COMPUTERNAME', 'SQLPROD-01')
    try {
      expect(localHosts({ platform: 'win32' }).reachOf(server)).toMatchObject({ reachable: true })
      expect(childEnvironment()).toMatchObject({ COMPUTERNAME: 'SQLPROD-01' })
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('gives checked answers, whatever else is written around them', async () => {
    const { hosts, given } = hostsWith(said([{ ok: true, answer: clock }], 'WARNING: something\r\n'))
    expect(await hosts.run(server, [{ call: 'read-clock' }])).toEqual([clock])
    expect(given[0]).toMatch(/^#Requires -Version 5\.1\n/)
  })

  it('starts as often as the length of a command line asks for, and loses no call', async () => {
    const calls: HostCall[] = Array.from({ length: 20 }, () => ({ call: 'read-registry', key: providerKey }))
    const { hosts, given } = hostsWith((text) =>
      said(Array.from(text.matchAll(/^# Call /gm), () => ({ ok: true, answer: null }))),
    )
    expect(await hosts.run(server, calls)).toEqual(calls.map(() => null))
    expect(given.length).toBeGreaterThan(0)
    for (const text of given) expect(encoded(text).length).toBeLessThanOrEqual(32_000)
  })

  it.each([
    ['a refusal', said([{ ok: false, refusal: 'access-denied', message: 'no\nway' }]), 'host-refused'],
    ['an answer of another form', said([{ ok: true, answer: { at: 'now' } }]), 'host-answer'],
    ['fewer answers than calls', said([]), 'host-answer'],
    ['no line of replies', { how: 'ended', output: 'throw' }, 'host-answer'],
    ['half of a line', { how: 'ended', output: `${repliesMark}{"keyturn":1,` }, 'host-answer'],
    ['too much', { how: 'too-much', output: '' }, 'host-answer'],
    ['no end', { how: 'too-long', output: '' }, 'host-timeout'],
    ['no PowerShell', { how: 'not-started', output: '' }, 'host-not-started'],
    ['Stop', { how: 'stopped', output: '' }, 'run-stopped'],
  ] as const)('says what went wrong: %s', async (_, ended, code) => {
    await expect(hostsWith(ended).hosts.run(server, [{ call: 'read-clock' }])).rejects.toMatchObject({ code })
  })

  it('where no powershell.exe is, nothing is started and that is said', async () => {
    expect(await startPowerShell('exit', { timeoutMs: 5_000 })).toMatchObject({ how: 'not-started' })
  })

  it('sends the same calls, as values, to the simulated host of a rehearsal', async () => {
    const asked: unknown[] = []
    const hosts = simulatedHosts(async (instance, calls) => {
      asked.push(instance, calls)
      return [{ ok: true, answer: clock }]
    })
    expect(hosts.reachOf(server)).toEqual({ reachable: true, how: 'simulated' })
    expect(await hosts.run(server, [{ call: 'read-clock' }])).toEqual([clock])
    expect(asked).toEqual(['SQLPROD-01', [{ call: 'read-clock' }]])
    await expect(
      simulatedHosts(async () => ({ anything: 1 })).run(server, [{ call: 'read-clock' }]),
    ).rejects.toMatchObject({ code: 'host-answer' })
  })
})
