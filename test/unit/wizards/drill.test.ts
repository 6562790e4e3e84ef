import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drillServers, encryptedBackupOn, share, type DrillServers } from './drill-servers.ts'
import { leftOn, planDrill, undoDrill, walkDrill, walkOn } from './drill-walk.ts'

let servers: DrillServers
beforeEach(async () => {
  servers = await drillServers()
  await encryptedBackupOn(servers.source, 'KT_A', 'sales.bak')
})
afterEach(() => servers.stop())

describe('a restore drill on simulated servers', () => {
  it('restores from the files alone, checks, says how far each copy was proven, and leaves nothing', async () => {
    servers.grantAll()
    const { plan, advice } = await planDrill(servers)
    expect(advice.blockers).toEqual([])
    const walk = await walkOn(servers)
    const { failed } = await walkDrill(plan, walk)
    expect(failed).toBeNull()
    expect(walk.proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`)).toEqual([
      'certificate opened by server',
      'backup recorded by catalog',
      'backup matched by server',
      'backup opened by server',
      'backup restored by server',
      'certificate restored by server',
    ])
    expect(walk.percents).toContain(100)
    expect(walk.earlier.map(({ statement }) => statement)).toContain('Errors that it counted')
    expect(await leftOn(servers)).toEqual([])
  }, 60_000)

  it('takes everything back that it made when it is undone in the middle', async () => {
    servers.grantAll()
    const { plan } = await planDrill(servers)
    const half = { ...plan, steps: plan.steps.slice(0, 6) }
    const walk = await walkOn(servers)
    const walked = await walkDrill(half, walk)
    expect(walked.failed).toBeNull()
    expect((await leftOn(servers)).length).toBeGreaterThan(3)
    await undoDrill(walked, walk)
    expect(await leftOn(servers)).toEqual([])
  }, 60_000)

  it('names the command where the service account may not read a file', async () => {
    const { plan } = await planDrill(servers)
    const walk = await walkOn(servers)
    const walked = await walkDrill(plan, walk)
    expect(walked.failed?.step.kind).toBe('import-drill-certificate')
    expect(walked.failed?.problem).toMatchObject({
      code: 'drill-key-file-not-read',
      vendor: { number: 15208 },
      next: expect.stringContaining(`icacls "${share}\\KT_A.cer" /grant "KTR\\svc-KTR-DRILL:(R)"`) as string,
    })
    await undoDrill(walked, walk)
    expect(await leftOn(servers)).toEqual([])
  }, 60_000)
})
