import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leftOn } from './drill-walk.ts'
import { escrowStage, planEscrow, walkEscrow, walkFor, type EscrowStage } from './escrow-drill-stage.ts'

let stage: EscrowStage
beforeAll(async () => {
  stage = await escrowStage()
}, 60_000)
afterAll(() => stage.stop())

describe('an escrow drill on simulated servers', () => {
  it('joins shares, opens the items, restores the certificate, reads a real backup with it, and leaves nothing', async () => {
    const { plan, advice } = await planEscrow(stage)
    expect(advice.blockers).toEqual([])
    const walk = await walkFor(stage)
    const { failed } = await walkEscrow(stage, plan, walk)
    expect(failed).toBeNull()
    expect(walk.proofs.map(({ kind, level, by }) => `${kind} ${level} by ${by}`)).toEqual([
      'certificate opened by keyturn',
      'certificate opened by server',
      'certificate restored by server',
    ])
    expect(await leftOn(stage.servers)).toEqual([])
  }, 60_000)
})
