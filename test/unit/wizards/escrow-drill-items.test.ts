import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import type { NewItem } from '../../../electron/escrow/package/write.ts'
import { certificateItem, packageWith, writeTo } from '../../support/escrow-drill-package.ts'
import { encryptedBackupOn } from './drill-servers.ts'
import { escrowStage, handOut, planEscrow, type EscrowStage } from './escrow-drill-stage.ts'

let stage: EscrowStage
beforeAll(async () => {
  stage = await escrowStage()
})
afterAll(() => stage.stop())

describe('several certificates in one package', () => {
  /** Plans with another package in its place: one whose items are these. */
  const planWith = async (items: readonly NewItem[], wish: Answers) => {
    const made = packageWith(items, { group: stage.group, recipients: [], signer: stage.signer })
    const folder = join(stage.other, made.id)
    writeTo(folder, made)
    return planEscrow({ ...stage, made, folder }, { items: items.map((_, at) => String(at + 1)), ...wish })
  }
  const recovery = { purpose: 'recovery', masterKeyMode: 'password', masterKeyPassword: 'h-dmk' }
  const named = async (certificate: string, server: string, source = certificate) =>
    certificateItem(await handOut(stage.servers.source, source), certificate, server)

  it('blocks the same key twice, in a drill and in a recovery, before anything is on the server', async () => {
    const twice = [await named('KT_A', 'KTR-SOURCE'), await named('KT_A', 'KTR-SECOND')]
    for (const wish of [{}, recovery]) {
      const { advice } = await planWith(twice, wish)
      const about = advice.blockers.map(({ what, limit }) => `${what}: ${limit}`)
      expect(about).toEqual([
        'Items 1 and 2 hold the same key: A server holds each certificate once: choose one of them',
      ])
    }
    const { advice } = await planWith(twice, { items: ['2'] })
    expect(advice.blockers).toEqual([])
  })

  it('blocks two keys of one name in a recovery with advice that can be followed, and not in a drill', async () => {
    await encryptedBackupOn(stage.servers.source, 'KT_C', 'third.bak')
    const alike = [await named('KT_A', 'KTR-SOURCE'), await named('KT_A', 'KTR-SECOND', 'KT_C')]
    expect((await planWith(alike, {})).advice.blockers).toEqual([])
    expect((await planWith(alike, recovery)).advice.blockers).toEqual([
      {
        screen: 'package',
        what: 'Two of the items would get one name',
        measured: 'KT_A, KT_A',
        limit:
          'One of them on this server, the other on another one: a recovery leaves each under its own name',
      },
    ])
  })
})
